//! Compiled images on disk, treated as the code that they are.
//!
//! Loading an image means executing it with the host's rights, so an image is loaded only if this
//! installation wrote it: it is authenticated with a key that lies outside the folder, together with
//! the name that says which component and which engine it is for. Folder and files must belong to this
//! user and be closed to others. What fails any of this is compiled again and replaced.

mod load;
mod private;

use std::{
    fmt, fs,
    hash::{Hash, Hasher},
    io,
    path::PathBuf,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;
use wasmtime::{Engine, component::Component};
use zeroize::Zeroizing;

/// Bytes of the authentication tag, in front of the image.
const TAG_BYTES: usize = 32;
/// Block of SHA-256 in HMAC.
const HMAC_BLOCK: usize = 64;
/// Largest file that is read.
const FILE_BYTES: u64 = 256 << 20;
/// Images that are kept unless said otherwise: of other components and of hosts of other versions.
const IMAGES: usize = 8;
/// Ending of the files.
const SUFFIX: &str = ".image";

/// Where compiled images are kept.
#[derive(Clone)]
pub struct CacheOptions {
    /// Folder, made with mode 0700 where it doesn't exist. The cache alone uses it.
    pub folder: PathBuf,
    /// Key that authenticates images. Derived from the master key; never stored in the folder.
    pub key: [u8; 32],
}

impl fmt::Debug for CacheOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CacheOptions").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Why images can't be kept.
#[derive(Debug, Error)]
pub(crate) enum CacheError {
    /// No folder is configured.
    #[error("no folder for compiled images is configured")]
    NotConfigured,
    /// Others could write here.
    #[error(
        "the folder {} isn't private: it has to be a folder of this user with mode 0700",
        .0.display()
    )]
    NotPrivate(PathBuf),
    /// The folder can't be used.
    #[error("the folder {} can't be used: {source}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The images of this installation.
pub(crate) struct ImageCache {
    folder: PathBuf,
    key: Zeroizing<[u8; 32]>,
    /// Images that are kept.
    images: usize,
}

/// An image whose tag was right. Only [`ImageCache::verify`] makes one.
struct VerifiedImage<'a>(&'a [u8]);

impl ImageCache {
    /// Opens the folder, or says why images can't be kept there.
    pub(crate) fn open(options: Option<CacheOptions>) -> Result<Self, CacheError> {
        let CacheOptions { folder, key } = options.ok_or(CacheError::NotConfigured)?;
        let key = Zeroizing::new(key);
        match private::ensure_folder(&folder) {
            Ok(true) => Ok(Self { folder, key, images: IMAGES }),
            Ok(false) => Err(CacheError::NotPrivate(folder)),
            Err(source) => Err(CacheError::Io { folder, source }),
        }
    }

    /// The same cache with room for so many images.
    pub(crate) fn keeping(self, images: usize) -> Self {
        Self { images, ..self }
    }

    /// Loads an image, if it is there and ours.
    pub(crate) fn load(&self, engine: &Engine, name: &str) -> Option<Component> {
        let path = self.path(name);
        let file = match private::read(&path, FILE_BYTES) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a compiled image was not used");
                return None;
            }
        };
        let Some(image) = self.verify(name, &file) else {
            tracing::warn!(
                path = %path.display(),
                "a compiled image was not used: this installation didn't write it"
            );
            return None;
        };
        load::deserialize(engine, &image)
            .inspect_err(|error| {
                tracing::warn!(path = %path.display(), "a compiled image was not used: {error:#}");
            })
            .ok()
    }

    /// Keeps an image, replacing what was there in one step.
    pub(crate) fn store(&self, name: &str, image: &[u8]) -> Result<(), CacheError> {
        let tag = self.mac(name, image).finalize().into_bytes();
        private::replace(&self.path(name), &[&tag, image])
            .map_err(|source| CacheError::Io { folder: self.folder.clone(), source })?;
        if let Err(error) = self.prune() {
            tracing::debug!(%error, "old compiled images could not be removed");
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{SUFFIX}"))
    }

    fn verify<'a>(&self, name: &str, file: &'a [u8]) -> Option<VerifiedImage<'a>> {
        let (tag, image) = file.split_at_checked(TAG_BYTES)?;
        self.mac(name, image).verify_slice(tag).ok()?;
        Some(VerifiedImage(image))
    }

    /// The name is part of what is authenticated: an image that is ours, but under the name of
    /// another, isn't valid.
    fn mac(&self, name: &str, image: &[u8]) -> Hmac<Sha256> {
        // HMAC fills a short key up to its block with zeros (RFC 2104, section 2).
        let mut block = Zeroizing::new([0; HMAC_BLOCK]);
        block.iter_mut().zip(self.key.iter()).for_each(|(filled, byte)| *filled = *byte);
        let mut mac = Hmac::<Sha256>::new(&(*block).into());
        mac.update(b"palisade compiled image 1\0");
        mac.update(name.as_bytes());
        mac.update(b"\0");
        mac.update(image);
        mac
    }

    fn prune(&self) -> io::Result<()> {
        let mut images = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(SUFFIX) {
                images.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        images.sort();
        let surplus = images.len().saturating_sub(self.images);
        images.iter().take(surplus).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// Name of the image of a component for an engine: another wasmtime, another processor or other
/// settings have another name.
pub(crate) fn image_name(engine: &Engine, digest: &[u8; 32]) -> String {
    let mut compatibility = Sha256Hasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut compatibility);
    let engine: [u8; 32] = compatibility.0.finalize().into();
    format!("{}-{}", hex(engine.get(..8).unwrap_or_default()), hex(digest))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Feeds `Hash` into SHA-256. The standard hasher's result may change from one toolchain to the next.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.clone().finalize().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
