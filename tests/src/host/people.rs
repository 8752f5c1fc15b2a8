//! The people of the tests. Their passwords and tokens hold no word, so that a piece of one is found
//! wherever it leaked and nowhere else.

/// What somebody may do in the sample project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Reads, creates and updates articles.
    Editor,
    /// Reads published articles.
    Reader,
    /// Reads published articles, but has no access to the app.
    Program,
}

/// Somebody with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Role.
    pub role: Role,
    /// E-mail address.
    pub email: &'static str,
    /// Password.
    pub password: &'static str,
    /// Static token.
    pub token: &'static str,
    /// Options of `palisade project user add`.
    pub(super) options: &'static [&'static str],
}

impl Person {
    /// One person of each role.
    pub const ALL: [Self; 4] = [
        Self {
            role: Role::Admin,
            email: "admin@tests.example",
            password: "7JmRt4Wq9ZkBv2LxQx2e",
            token: "kT5vLq8ZrW1cYb3NsE6uHj9o",
            options: &["--admin"],
        },
        Self {
            role: Role::Editor,
            email: "editor@tests.example",
            password: "4HwNd8Sy1PfUc6GmZp9o",
            token: "mD2xPs6GhJ7uVe4RiA8tCw5z",
            options: &["--policy", "editor"],
        },
        Self {
            role: Role::Reader,
            email: "reader@tests.example",
            password: "8KcVb5Tz3MjXr7EhLf3a",
            token: "bN9wQa1FtX5zKy8MgU3rOl6v",
            options: &["--policy", "reader"],
        },
        Self {
            role: Role::Program,
            email: "program@tests.example",
            password: "2VtQg9Kw6HsYn1DpRd6i",
            token: "gC4jUo7HsE3iAl0PdB1yTn7q",
            options: &["--no-app", "--policy", "api"],
        },
    ];

    /// The person of a role.
    pub fn of(role: Role) -> Self {
        let [admin, editor, reader, program] = Self::ALL;
        match role {
            Role::Admin => admin,
            Role::Editor => editor,
            Role::Reader => reader,
            Role::Program => program,
        }
    }
}
