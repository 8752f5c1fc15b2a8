//! Values of settings that are left out.

use std::net::{Ipv4Addr, SocketAddr};

/// Loopback alone: who wants to be reached from elsewhere says so.
pub(super) const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);
pub(super) const DATA_DIR: &str = ".palisade";
pub(super) const FILE_NAME: &str = "palisade.toml";
pub(super) const DATABASE_FILE: &str = "palisade.db";
pub(super) const MASTER_KEY_FILE: &str = "master.key";
pub(super) const PROJECT_FILE: &str = "project.db";
pub(super) const IMAGE_CACHE: &str = "cache";
/// Where Directus listens by itself.
pub(super) const DIRECTUS_URL: &str = "http://127.0.0.1:8055";
pub(super) const WORKSPACE: &str = "main";
pub(super) const MAX_STEPS: u32 = 10;
pub(super) const TURN_SECONDS: u32 = 300;
pub(super) const GUEST_MEMORY_MB: u32 = 64;
pub(super) const LIVE_TURNS: u32 = 2_000;
/// Id of the provider that is there when nothing is configured.
pub(super) const DEMO_PROVIDER: &str = "demo";
