//! Compiled images are loaded only where this installation wrote them.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
};

use palisade_sandbox::{CacheOptions, ComponentSource, ImageOrigin, Sandbox, SandboxOptions};
use tempfile::TempDir;

use crate::support::{
    ComponentFile, FRIENDLY, Host, friendly,
    guest::{AddOk, Guest},
    run, small_limits,
};

const KEY: [u8; 32] = [7; 32];

/// A component in a file, and a folder for its image.
struct Installation {
    component: ComponentFile,
    parent: TempDir,
}

impl Installation {
    fn new() -> Self {
        Self {
            component: ComponentFile::new(&Guest::default().build(&String::new().add_ok())),
            parent: TempDir::new().unwrap(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.parent.path().join("data").join("images")
    }

    async fn start_with(&self, key: [u8; 32]) -> ImageOrigin {
        let sandbox = start(&self.component.path, self.folder(), key).await;
        // Whatever was in the folder: what runs is this component.
        let (_, answer) = run(&sandbox, Host::default(), friendly()).await;
        assert_eq!(answer, FRIENDLY);
        sandbox.image_origin().clone()
    }

    async fn start(&self) -> ImageOrigin {
        self.start_with(KEY).await
    }

    /// The one image in the folder.
    fn image(&self) -> PathBuf {
        let images = files(&self.folder());
        let [image] = images.as_slice() else { panic!("{images:?}") };
        image.clone()
    }

    /// Expects that the image as it is now isn't loaded, and that a good one takes its place.
    async fn assert_replaced(&self, what: &str) {
        assert_eq!(self.start().await, ImageOrigin::Compiled, "{what}");
        assert_eq!(self.start().await, ImageOrigin::Cached, "after {what}");
        assert!(self.image().symlink_metadata().unwrap().is_file());
    }
}

async fn start(component: &Path, folder: PathBuf, key: [u8; 32]) -> Sandbox {
    Sandbox::new(SandboxOptions {
        component: ComponentSource::File(component.to_owned()),
        cache: Some(CacheOptions { folder, key }),
        limits: small_limits(),
    })
    .await
    .unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_second_start_uses_the_image_of_the_first() {
    let installation = Installation::new();
    assert_eq!(installation.start().await, ImageOrigin::Compiled);
    assert_eq!(mode(&installation.folder()), 0o700);
    assert_eq!(mode(&installation.image()), 0o600);
    assert_eq!(installation.start().await, ImageOrigin::Cached);
}

#[tokio::test]
async fn an_image_with_a_changed_byte_is_not_loaded() {
    let installation = Installation::new();
    installation.start().await;
    let length = fs::read(installation.image()).unwrap().len();
    // In the tag, at the start of the image, within its code, at its end.
    for position in [0, 31, 32, length / 2, length - 1] {
        let mut bytes = fs::read(installation.image()).unwrap();
        bytes[position] ^= 1;
        fs::write(installation.image(), bytes).unwrap();
        installation.assert_replaced(&format!("a change at {position}")).await;
    }
}

#[tokio::test]
async fn an_image_of_another_length_is_not_loaded() {
    let installation = Installation::new();
    installation.start().await;
    let whole = fs::read(installation.image()).unwrap();
    let mut longer = whole.clone();
    longer.push(0);
    for bytes in [&whole[..0], &whole[..31], &whole[..32], &whole[..whole.len() - 1], &longer] {
        fs::write(installation.image(), bytes).unwrap();
        installation.assert_replaced(&format!("{} of {} bytes", bytes.len(), whole.len())).await;
    }
}

#[tokio::test]
async fn an_image_under_another_key_is_not_loaded() {
    let installation = Installation::new();
    installation.start_with([8; 32]).await;
    installation.assert_replaced("an image of another installation").await;
}

#[tokio::test]
async fn an_image_of_another_component_is_not_loaded_under_this_name() {
    let installation = Installation::new();
    installation.start().await;
    let image = installation.image();

    let other = ComponentFile::new(&Guest::default().build("(unreachable)"));
    let elsewhere = TempDir::new().unwrap();
    let folder = elsewhere.path().join("images");
    start(&other.path, folder.clone(), KEY).await;
    let others = files(&folder);
    assert_ne!(others[0].file_name(), image.file_name());
    fs::copy(&others[0], &image).unwrap();

    installation.assert_replaced("an image of another component").await;
}

#[tokio::test]
async fn an_image_that_others_can_write_or_read_is_not_loaded() {
    let installation = Installation::new();
    installation.start().await;
    for mode in [0o620, 0o602, 0o640, 0o604, 0o666] {
        set_mode(&installation.image(), mode);
        installation.assert_replaced(&format!("mode {mode:o}")).await;
    }
}

#[tokio::test]
async fn an_image_of_another_user_is_not_loaded() {
    let installation = Installation::new();
    installation.start().await;
    // Giving a file away needs root; without it no other user's file can be in a folder of mode 0700.
    if chown(installation.image(), Some(12_345), None).is_ok() {
        installation.assert_replaced("an image of another user").await;
    }
}

#[tokio::test]
async fn a_link_in_place_of_the_image_is_not_followed() {
    let installation = Installation::new();
    installation.start().await;
    let image = installation.image();
    let moved = installation.parent.path().join("moved");
    fs::rename(&image, &moved).unwrap();
    symlink(&moved, &image).unwrap();
    let before = fs::read(&moved).unwrap();
    installation.assert_replaced("a link").await;
    assert_eq!(fs::read(&moved).unwrap(), before, "the link's target is left alone");
}

#[tokio::test]
async fn a_folder_in_place_of_the_image_only_costs_the_cache() {
    let installation = Installation::new();
    installation.start().await;
    let image = installation.image();
    fs::remove_file(&image).unwrap();
    fs::create_dir(&image).unwrap();
    assert!(matches!(installation.start().await, ImageOrigin::CompiledUncached(_)));
    assert_eq!(files(&installation.folder()).len(), 1, "no half-written file is left");
}

#[tokio::test]
async fn a_folder_that_others_can_enter_is_not_used() {
    for open in [0o755, 0o770, 0o701] {
        let installation = Installation::new();
        fs::create_dir_all(installation.folder()).unwrap();
        set_mode(&installation.folder(), open);
        let ImageOrigin::CompiledUncached(reason) = installation.start().await else {
            panic!("mode {open:o} was used")
        };
        assert!(reason.contains("0700"), "{reason}");
        assert!(files(&installation.folder()).is_empty(), "nothing is written there");
    }
}

#[tokio::test]
async fn a_link_in_place_of_the_folder_is_not_used() {
    let installation = Installation::new();
    let target = installation.parent.path().join("target");
    fs::create_dir_all(&target).unwrap();
    set_mode(&target, 0o700);
    fs::create_dir_all(installation.folder().parent().unwrap()).unwrap();
    symlink(&target, installation.folder()).unwrap();
    assert!(matches!(installation.start().await, ImageOrigin::CompiledUncached(_)));
    assert!(files(&target).is_empty());
}

#[tokio::test]
async fn old_images_are_removed() {
    let installation = Installation::new();
    installation.start().await;
    for number in 0..20 {
        fs::write(installation.folder().join(format!("old-{number}.image")), "old").unwrap();
    }
    fs::remove_file(files(&installation.folder()).iter().find(|path| !is_old(path)).unwrap())
        .unwrap();
    installation.start().await;
    let left = files(&installation.folder());
    assert_eq!(left.len(), 8);
    assert!(left.iter().any(|path| !is_old(path)), "the image in use stays");
}

fn is_old(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with("old-")
}
