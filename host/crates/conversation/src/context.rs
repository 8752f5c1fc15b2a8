//! What the user has open or attached.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    RequestError,
    posted::{Checked, Element, Posted, Shape, object_shape},
};

/// A context as posted. Only its outline is checked: it is data for the model, and the host acts on
/// nothing in it.
#[derive(Debug, Deserialize)]
struct ContextFields<'a> {
    #[serde(borrow, default)]
    page: Posted<PageFields<'a>>,
    #[serde(default)]
    attachments: Posted<Checked<Attachment>>,
}

#[derive(Debug, Deserialize)]
struct PageFields<'a> {
    #[serde(borrow, default)]
    path: Posted<Cow<'a, str>>,
}

/// An attachment that has passed the check.
#[derive(Debug)]
struct Attachment;

#[derive(Debug, Deserialize)]
struct AttachmentFields<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    display: Posted<Cow<'a, str>>,
    #[serde(default)]
    data: Posted<AnyObject>,
    #[serde(default)]
    snapshot: Posted<AnyObject>,
}

#[derive(Debug)]
struct AnyObject;

object_shape!(ContextFields, PageFields, AttachmentFields);

impl<'de> Shape<'de> for AnyObject {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: serde::de::MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
}

impl<'de> Element<'de> for Attachment {
    type Fields = AttachmentFields<'de>;
    const AT_MOST: usize = crate::ATTACHMENTS_AT_MOST;

    fn check(fields: AttachmentFields<'de>) -> Result<Self, RequestError> {
        if !matches!(&*fields.kind.required("type")?, "item" | "visual-element" | "prompt") {
            return Err(RequestError::at(
                "type",
                "has to be \"item\", \"visual-element\" or \"prompt\"",
            ));
        }
        fields.display.required("display")?;
        fields.data.required("data")?;
        fields.snapshot.required("snapshot")?;
        Ok(Self)
    }
}

/// Checks the outline of a context.
pub(crate) fn check(context: &RawValue) -> Result<(), RequestError> {
    let posted: Posted<ContextFields<'_>> = serde_json::from_str(context.get())
        .map_err(|error| RequestError::Json(format!("{error}, counted in \"context\"")))?;
    let fields = posted.required("context")?;
    let check = || {
        if let Some(page) = fields.page.optional("page")? {
            page.path.required("path").map_err(|error| error.inside("page"))?;
        }
        fields.attachments.optional_list("attachments")
    };
    check().map(drop).map_err(|error| error.inside("context"))
}
