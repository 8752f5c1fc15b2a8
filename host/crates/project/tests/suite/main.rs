//! The embedded project's behaviour, one module per subject.

#[cfg(test)]
mod import;
#[cfg(test)]
mod import_refusals;
#[cfg(test)]
mod newsroom;
#[cfg(test)]
mod project_file;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod support;
#[cfg(test)]
mod users;
