//! How people write names: in any case, in the singular or plural, with or without separators.

/// Letters and digits in lower case: `alpha_3`, `Alpha-3` and `alpha 3` are one name.
pub(super) fn squash(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The parts of a name: `blog_posts` has `blog` and `posts`.
pub(super) fn segments(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// A squashed name in the singular, as far as rules of English spelling go.
pub(super) fn singular(name: &str) -> String {
    const IRREGULAR: [(&str, &str); 7] = [
        ("people", "person"),
        ("children", "child"),
        ("women", "woman"),
        ("men", "man"),
        ("media", "media"),
        ("news", "news"),
        ("series", "series"),
    ];
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == name) {
        return (*one).to_owned();
    }
    if let Some(stem) = name.strip_suffix("ies")
        && stem.chars().count() > 1
    {
        return format!("{stem}y");
    }
    for suffix in ["sses", "shes", "ches", "xes", "zes"] {
        if name.ends_with(suffix) {
            return name.strip_suffix("es").unwrap_or(name).to_owned();
        }
    }
    match name.strip_suffix('s') {
        Some(stem) if stem.chars().count() > 2 && !stem.ends_with(['s', 'u', 'i']) => {
            stem.to_owned()
        }
        _ => name.to_owned(),
    }
}

/// Whether two names are the same but for case, separators and number.
pub(super) fn same(left: &str, right: &str) -> bool {
    let (left, right) = (squash(left), squash(right));
    !left.is_empty() && (left == right || singular(&left) == singular(&right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_any_spelling() {
        for (left, right) in [
            ("articles", "Article"),
            ("categories", "category"),
            ("blog_posts", "blog post"),
            ("alpha_3", "Alpha-3"),
            ("people", "person"),
            ("boxes", "box"),
            ("status", "status"),
            ("addresses", "address"),
        ] {
            assert!(same(left, right), "{left} {right}");
        }
        for (left, right) in [("news", "new"), ("status", "statu"), ("bus", "bu"), ("", "")] {
            assert!(!same(left, right), "{left} {right}");
        }
    }
}
