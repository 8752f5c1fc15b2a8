//! Errors in Directus's terms.

use std::error::Error as StdError;

use serde_json::{Map, Value, json};
use thiserror::Error;

/// One field that failed validation.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldFailure {
    /// Field, as a path where it is nested.
    pub field: String,
    /// Failed rule: the operator without its underscore (`eq`, `in`, `regex`, …) or `required`.
    pub kind: String,
    /// The rule's own value, under the key that Directus uses (`valid`, `invalid`, `substring`, …).
    pub rule: Map<String, Value>,
    /// Sentence for people.
    pub message: String,
}

/// An error of a data operation or of authentication, with Directus's code and status.
#[derive(Debug, Error)]
pub enum DataError {
    /// 403 `FORBIDDEN`. The message never tells whether the thing exists.
    #[error("{0}")]
    Forbidden(String),
    /// 400 `INVALID_QUERY`.
    #[error("Invalid query. {0}.")]
    InvalidQuery(String),
    /// 400 `INVALID_PAYLOAD`.
    #[error("Invalid payload. {0}.")]
    InvalidPayload(String),
    /// 400 `FAILED_VALIDATION`, one error per field.
    #[error("{}", .0.iter().map(|failure| failure.message.as_str()).collect::<Vec<_>>().join(" "))]
    FailedValidation(Vec<FieldFailure>),
    /// 400 `RECORD_NOT_UNIQUE`.
    #[error("Value for field \"{field}\" in collection \"{collection}\" has to be unique.")]
    RecordNotUnique {
        /// Collection.
        collection: String,
        /// Field.
        field: String,
    },
    /// 400 `NOT_NULL_VIOLATION`.
    #[error("Value for field \"{field}\" in collection \"{collection}\" can't be null.")]
    NotNullViolation {
        /// Collection.
        collection: String,
        /// Field.
        field: String,
    },
    /// 400 `INVALID_FOREIGN_KEY`.
    #[error("Invalid foreign key for field \"{field}\" in collection \"{collection}\".")]
    InvalidForeignKey {
        /// Collection.
        collection: String,
        /// Field; empty where the database does not say.
        field: String,
    },
    /// 400 `VALUE_TOO_LONG`.
    #[error("Value for field \"{field}\" in collection \"{collection}\" is too long.")]
    ValueTooLong {
        /// Collection.
        collection: String,
        /// Field.
        field: String,
    },
    /// 401 `INVALID_CREDENTIALS`.
    #[error("Invalid user credentials.")]
    InvalidCredentials,
    /// 401 `TOKEN_EXPIRED`.
    #[error("Token expired.")]
    TokenExpired,
    /// 401 `USER_SUSPENDED`.
    #[error("User suspended.")]
    UserSuspended,
    /// 404 `ROUTE_NOT_FOUND`.
    #[error("Route {0} doesn't exist.")]
    RouteNotFound(String),
    /// 503 `SERVICE_UNAVAILABLE`.
    #[error("Service \"{service}\" is unavailable. {reason}.")]
    ServiceUnavailable {
        /// Which service.
        service: String,
        /// Why, without internals.
        reason: String,
    },
    /// Another error of a running Directus, with its own code, status and sentence.
    #[error("{message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Directus's code.
        code: String,
        /// Directus's sentence.
        message: String,
    },
    /// 504 `OUTCOME_UNKNOWN`: the connection to Directus was lost after a write was sent.
    #[error(
        "Directus did not answer, so it is not known whether this was done. Look at the data before \
         trying again."
    )]
    OutcomeUnknown,
    /// 500 `INTERNAL_SERVER_ERROR`. The source is for the log only.
    #[error("An unexpected error occurred.")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl DataError {
    /// Wraps an internal fault, whose text is for the log alone.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// Directus's code.
    pub fn code(&self) -> &str {
        match self {
            Self::Forbidden(_) => "FORBIDDEN",
            Self::InvalidQuery(_) => "INVALID_QUERY",
            Self::InvalidPayload(_) => "INVALID_PAYLOAD",
            Self::FailedValidation(_) => "FAILED_VALIDATION",
            Self::RecordNotUnique { .. } => "RECORD_NOT_UNIQUE",
            Self::NotNullViolation { .. } => "NOT_NULL_VIOLATION",
            Self::InvalidForeignKey { .. } => "INVALID_FOREIGN_KEY",
            Self::ValueTooLong { .. } => "VALUE_TOO_LONG",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::UserSuspended => "USER_SUSPENDED",
            Self::RouteNotFound(_) => "ROUTE_NOT_FOUND",
            Self::ServiceUnavailable { .. } => "SERVICE_UNAVAILABLE",
            Self::Refused { code, .. } => code,
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::Internal(_) => "INTERNAL_SERVER_ERROR",
        }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Forbidden(_) => 403,
            Self::InvalidCredentials | Self::TokenExpired | Self::UserSuspended => 401,
            Self::RouteNotFound(_) => 404,
            Self::ServiceUnavailable { .. } => 503,
            Self::Refused { status, .. } => *status,
            Self::OutcomeUnknown => 504,
            Self::Internal(_) => 500,
            _ => 400,
        }
    }

    /// The body that Directus answers with: `{"errors":[{"message","extensions":{"code",…}}]}`.
    pub fn to_body(&self) -> Value {
        let single = |extensions: Value| {
            let mut extensions = extensions;
            extensions["code"] = Value::from(self.code());
            json!({"errors": [{"message": self.to_string(), "extensions": extensions}]})
        };
        match self {
            Self::FailedValidation(failures) => {
                let errors: Vec<Value> = failures
                    .iter()
                    .map(|failure| {
                        let mut extensions = failure.rule.clone();
                        extensions.insert("field".into(), failure.field.clone().into());
                        extensions.insert("type".into(), failure.kind.clone().into());
                        extensions.insert("code".into(), self.code().into());
                        json!({"message": failure.message, "extensions": extensions})
                    })
                    .collect();
                json!({ "errors": errors })
            }
            Self::Forbidden(reason) | Self::InvalidQuery(reason) | Self::InvalidPayload(reason) => {
                single(json!({ "reason": reason }))
            }
            Self::RecordNotUnique { collection, field }
            | Self::NotNullViolation { collection, field }
            | Self::InvalidForeignKey { collection, field }
            | Self::ValueTooLong { collection, field } => {
                single(json!({"collection": collection, "field": field}))
            }
            Self::RouteNotFound(path) => single(json!({ "path": path })),
            Self::ServiceUnavailable { service, reason } => {
                single(json!({"service": service, "reason": reason}))
            }
            Self::InvalidCredentials
            | Self::TokenExpired
            | Self::UserSuspended
            | Self::Refused { .. }
            | Self::OutcomeUnknown
            | Self::Internal(_) => single(json!({})),
        }
    }
}

/// The refusal to read a collection, the same whether it exists or not. `path` is `root` or the
/// relational path at which the collection was queried.
pub fn forbidden_collection(collection: &str, path: &str) -> DataError {
    DataError::Forbidden(format!(
        "You don't have permission to access collection \"{collection}\" or it does not exist. \
         Queried in {path}."
    ))
}

/// The refusal to touch fields, the same whether they exist or not.
pub fn forbidden_fields(fields: &[&str], collection: &str, path: &str) -> DataError {
    let names = fields.iter().map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(", ");
    let (noun, verb) = if fields.len() == 1 { ("field", "it does") } else { ("fields", "they do") };
    DataError::Forbidden(format!(
        "You don't have permission to access {noun} {names} in collection \"{collection}\" or \
         {verb} not exist. Queried in {path}."
    ))
}

/// The refusal of an action on items, the same whether they exist or not.
pub fn forbidden_action(action: &str, collection: &str) -> DataError {
    DataError::Forbidden(format!(
        "You don't have permission to perform \"{action}\" for collection \"{collection}\" or it \
         does not exist."
    ))
}
