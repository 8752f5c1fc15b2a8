//! The files of a new tool.

use super::Language;

/// Path in the new folder, and text.
type File = (&'static str, &'static str);

/// A file of `sdk/templates/`.
macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../../../sdk/templates/", $path))
    };
}

/// A file that templates share with others.
macro_rules! shared {
    ($path:literal) => {
        include_str!(concat!("../../../../../", $path))
    };
}

const MANIFEST: File = ("tool.toml", template!("tool.toml"));
/// Items that the tool's example can be run with.
const ITEMS: File = ("articles.json", template!("articles.json"));
const CONTRACT: File = ("wit/deps/palisade-tool/tool.wit", shared!("wit/tool/tool.wit"));

/// What makes a new tool in a language.
pub(super) struct Template {
    /// Files with placeholders.
    pub(super) own: &'static [File],
    /// Files that are taken as they are: the layer of the language, and the contract.
    pub(super) shared: &'static [File],
    /// The command that builds the component.
    pub(super) build: &'static str,
}

impl Template {
    pub(super) const fn of(language: Language) -> Self {
        match language {
            Language::Rust => RUST,
            Language::Javascript => JAVASCRIPT,
            Language::Python => PYTHON,
        }
    }
}

const RUST: Template = Template {
    own: &[
        MANIFEST,
        ITEMS,
        (".gitignore", template!("rust/gitignore")),
        ("Cargo.toml", template!("rust/Cargo.toml.template")),
        ("README.md", template!("rust/README.md")),
        ("src/lib.rs", template!("rust/src/lib.rs")),
    ],
    shared: &[],
    build: "cargo build --release --target wasm32-unknown-unknown",
};

const JAVASCRIPT: Template = Template {
    own: &[
        MANIFEST,
        ITEMS,
        (".gitignore", template!("javascript/gitignore")),
        ("README.md", template!("javascript/README.md")),
        ("package.json", template!("javascript/package.json.template")),
        ("src/component.js", template!("javascript/src/component.js")),
        ("src/tool.js", template!("javascript/src/tool.js")),
        ("test/tool.test.js", template!("javascript/test/tool.test.js")),
        ("wit/world.wit", template!("javascript/wit/world.wit")),
    ],
    shared: &[
        CONTRACT,
        ("src/palisade-tool/index.d.ts", shared!("sdk/javascript/palisade-tool/index.d.ts")),
        ("src/palisade-tool/index.js", shared!("sdk/javascript/palisade-tool/index.js")),
        ("src/palisade-tool/schema.js", shared!("sdk/javascript/palisade-tool/schema.js")),
    ],
    build: "npm install && npm run build",
};

const PYTHON: Template = Template {
    own: &[
        MANIFEST,
        ITEMS,
        (".gitignore", template!("python/gitignore")),
        ("README.md", template!("python/README.md")),
        ("app.py", template!("python/app.py")),
        ("count_words.py", template!("python/count_words.py")),
        ("tests/__init__.py", ""),
        ("tests/test_count_words.py", template!("python/tests/test_count_words.py")),
        ("wit/world.wit", template!("python/wit/world.wit")),
    ],
    shared: &[
        CONTRACT,
        ("build.py", shared!("sdk/python/build.py")),
        ("palisade_tool/__init__.py", shared!("sdk/python/palisade_tool/__init__.py")),
        ("palisade_tool/component.py", shared!("sdk/python/palisade_tool/component.py")),
        ("palisade_tool/schema.py", shared!("sdk/python/palisade_tool/schema.py")),
        ("requirements.txt", shared!("sdk/python/requirements.txt")),
    ],
    build: "python3 build.py",
};
