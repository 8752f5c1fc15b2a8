//! Signing in: passwords, sessions, static tokens.
//!
//! Access tokens and session tokens are HS256 JSON web tokens with Directus's claims. What a token
//! says about rights is for clients only: the host reads them from the database for each request, so
//! a suspended user or a policy taken away counts at once.

mod attempts;
mod authenticator;
mod request;
mod sessions;
mod sign_in;

pub(crate) use attempts::Attempts;
pub use request::{Client, LoginRequest, SessionHandle, SessionMode};
pub(crate) use sessions::Sessions;
pub use sign_in::{REFRESH_COOKIE, SESSION_COOKIE, SessionCookie, SignIn, SignInError};
