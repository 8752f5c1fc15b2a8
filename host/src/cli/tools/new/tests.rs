use std::collections::BTreeSet;

use super::*;

const LANGUAGES: [Language; 3] = [Language::Rust, Language::Javascript, Language::Python];

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk")
}

/// All files below a folder, as paths relative to it.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn names_that_no_component_can_have_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let long = "a".repeat(31);
    for name in ["", "A", "1a", "-a", "a_b", "a b", "../a", "ä", "a\n", "a\"", long.as_str()] {
        let result = create(name, Language::Python, &folder.path().join("new"), None);
        assert!(matches!(result, Err(NewError::Name(_))), "{name}: {result:?}");
    }
    assert!(files(folder.path()).is_empty());
    let longest = "a".repeat(30);
    create(&longest, Language::Python, &folder.path().join("new"), None).unwrap();
}

#[test]
fn a_folder_with_something_in_it_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    for language in LANGUAGES {
        let result = create("mine", language, folder.path(), None);
        assert!(matches!(result, Err(NewError::NotEmpty(_))), "{result:?}");
    }
    assert_eq!(files(folder.path()), ["mine.txt".into()].into());
    let result = create("mine", Language::Rust, &folder.path().join("mine.txt"), None);
    assert!(matches!(result, Err(NewError::File { .. })), "a file is no folder: {result:?}");
}

#[test]
fn an_sdk_that_is_not_there_or_not_needed_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let result = create("a", Language::Rust, &new, Some(&folder.path().join("none")));
    assert!(matches!(result, Err(NewError::File { .. })), "{result:?}");
    let result = create("a", Language::Python, &new, Some(folder.path()));
    assert!(matches!(result, Err(NewError::NotRust)), "{result:?}");
    assert!(!new.exists());
}

#[test]
fn no_placeholder_is_left_and_every_template_is_written() {
    for (language, name) in LANGUAGES.into_iter().zip(["rust", "javascript", "python"]) {
        let folder = tempfile::tempdir().unwrap();
        create("my-tool", language, folder.path(), None).unwrap();
        let written = files(folder.path());
        for path in &written {
            let text = fs::read_to_string(folder.path().join(path)).unwrap();
            // `{{` as Python and JavaScript write it has no letters right after it.
            for placeholder in ["{{name", "{{module", "{{title", "{{palisade_tool"] {
                assert!(!text.contains(placeholder), "{}: {placeholder}", path.display());
            }
        }
        for path in files(&sdk().join("templates").join(name)) {
            let own =
                path.to_string_lossy().replace(".template", "").replace("gitignore", ".gitignore");
            assert!(written.contains(Path::new(&own)), "{own} is in no list");
        }
    }
}

#[test]
fn the_layers_are_written_whole() {
    let layers = [
        (Language::Javascript, "javascript/palisade-tool", "src/palisade-tool"),
        (Language::Python, "python/palisade_tool", "palisade_tool"),
    ];
    for (language, source, target) in layers {
        let folder = tempfile::tempdir().unwrap();
        create("my-tool", language, folder.path(), None).unwrap();
        let source: BTreeSet<_> = files(&sdk().join(source))
            .into_iter()
            .filter(|path| !path.starts_with("__pycache__"))
            .collect();
        assert_eq!(files(&folder.path().join(target)), source);
    }
}

#[test]
fn the_manifest_and_the_crate_are_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    create("my-tool", Language::Rust, folder.path(), Some(&sdk().join("rust"))).unwrap();
    let read = |name: &str| -> toml::Table {
        fs::read_to_string(folder.path().join(name)).unwrap().parse().unwrap()
    };
    let manifest = read("tool.toml");
    assert_eq!(manifest["component"]["name"].as_str(), Some("my-tool"));
    assert_eq!(manifest["component"]["title"].as_str(), Some("My tool"));
    let dependency = &read("Cargo.toml")["dependencies"]["palisade-tool"];
    let path = Path::new(dependency["path"].as_str().unwrap());
    assert!(path.is_absolute() && path.join("Cargo.toml").exists(), "{path:?}");

    let published = tempfile::tempdir().unwrap();
    create("my-tool", Language::Rust, published.path(), None).unwrap();
    let text = fs::read_to_string(published.path().join("Cargo.toml")).unwrap();
    let cargo: toml::Table = text.parse().unwrap();
    assert_eq!(cargo["dependencies"]["palisade-tool"].as_str(), Some("0.1"));
}
