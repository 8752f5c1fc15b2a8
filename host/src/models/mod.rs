//! What is known about models: what fits into them, what they can do, what they cost.
//!
//! Three places say it, each about what the ones before it leave open: the entry of a provider in the
//! configuration, the administrator's own list, and the list that the host carries ([`BUILT_IN`]).

mod price;

use std::sync::Arc;

use palisade_provider::ProviderKind;

pub use price::{LongPrice, Price, Rates};

/// The list that the host carries.
pub const BUILT_IN: &str = include_str!("../../models.toml");

/// Words for what a model can do, as the guest and callers see them: kinds of files that it reads,
/// answers that keep to a schema, and how it is asked to think.
pub const CAPABILITIES: [&str; 8] = [
    "images",
    "documents",
    "audio",
    "video",
    "structured-output",
    "thinking-budget",
    "thinking-adaptive",
    "thinking-level",
];

/// The capabilities that are kinds of files.
const FILES: [&str; 4] = ["images", "documents", "audio", "video"];

/// What is known about a model, for choosing one and for building requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelFacts {
    /// The provider's id of the model.
    pub id: String,
    /// Name, for people.
    pub name: Option<String>,
    /// Tokens that fit into its context.
    pub context: Option<u64>,
    /// Tokens that it can answer with.
    pub output: Option<u32>,
    /// What it can do, in the words of [`CAPABILITIES`].
    pub capabilities: Vec<String>,
    /// Whether it is a reasoning model.
    pub reasoning: bool,
    /// What it costs.
    pub price: Option<Price>,
}

impl ModelFacts {
    /// Whether it takes files.
    pub fn attachments(&self) -> bool {
        self.capabilities.iter().any(|capability| FILES.contains(&capability.as_str()))
    }
}

/// What one place says about a model or several; what it leaves out is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelEntry {
    /// Ids that it is about; one that ends in `*` stands for all that begin so.
    pub ids: Vec<String>,
    /// Name, for people.
    pub name: Option<String>,
    /// Tokens that fit into the context.
    pub context: Option<u64>,
    /// Tokens of an answer.
    pub output: Option<u32>,
    /// What it can do.
    pub capabilities: Option<Vec<String>>,
    /// Whether it takes files; without a word on which, images.
    pub attachments: Option<bool>,
    /// Whether it is a reasoning model.
    pub reasoning: Option<bool>,
    /// What it costs.
    pub price: Option<Price>,
}

impl ModelEntry {
    /// How exactly the entry is about a model; none if it isn't.
    fn precision(&self, model: &str) -> Option<usize> {
        let of_id = |id: &String| match id.strip_suffix('*') {
            Some(beginning) => model.starts_with(beginning).then_some(beginning.len()),
            None => (id == model).then_some(usize::MAX),
        };
        self.ids.iter().filter_map(of_id).max()
    }

    /// Fills in what is still open.
    fn add_to(&self, facts: &mut Gathered) {
        facts.name = facts.name.take().or_else(|| self.name.clone());
        facts.context = facts.context.or(self.context);
        facts.output = facts.output.or(self.output);
        facts.capabilities = facts.capabilities.take().or_else(|| self.capabilities.clone());
        facts.attachments = facts.attachments.or(self.attachments);
        facts.reasoning = facts.reasoning.or(self.reasoning);
        facts.price = facts.price.or(self.price);
    }
}

/// What several places said so far.
#[derive(Default)]
struct Gathered {
    name: Option<String>,
    context: Option<u64>,
    output: Option<u32>,
    capabilities: Option<Vec<String>>,
    attachments: Option<bool>,
    reasoning: Option<bool>,
    price: Option<Price>,
}

/// The entry that is most exactly about a model: one with its id, else the one with the longest
/// beginning.
fn best<'a>(
    entries: impl IntoIterator<Item = &'a ModelEntry>,
    model: &str,
) -> Option<&'a ModelEntry> {
    entries
        .into_iter()
        .filter_map(|entry| Some((entry.precision(model)?, entry)))
        .max_by_key(|(precision, _)| *precision)
        .map(|(_, entry)| entry)
}

/// Lists of models, the one that wins first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ModelLists(Arc<[Vec<(ProviderKind, ModelEntry)>]>);

impl ModelLists {
    /// Joins lists, the one that wins first.
    pub fn new(lists: Vec<Vec<(ProviderKind, ModelEntry)>>) -> Self {
        Self(lists.into())
    }

    /// What is known about a model of a provider, whose own entries win over the lists.
    pub fn facts(&self, own: &[ModelEntry], kind: ProviderKind, model: &str) -> ModelFacts {
        let of_kind = |list: &'_ Vec<(ProviderKind, ModelEntry)>| {
            let entries = list.iter().filter(|(listed, _)| *listed == kind);
            best(entries.map(|(_, entry)| entry), model).cloned()
        };
        let mut gathered = Gathered::default();
        for entry in best(own, model).cloned().into_iter().chain(self.0.iter().filter_map(of_kind))
        {
            entry.add_to(&mut gathered);
        }
        let Gathered { name, context, output, capabilities, attachments, reasoning, price } =
            gathered;
        let mut capabilities = capabilities.unwrap_or_default();
        let is_file = |capability: &String| FILES.contains(&capability.as_str());
        match attachments {
            Some(true) if !capabilities.iter().any(is_file) => {
                capabilities.push("images".to_owned());
            }
            Some(false) => capabilities.retain(|capability| !is_file(capability)),
            _ => {}
        }
        ModelFacts {
            id: model.to_owned(),
            name,
            context,
            output,
            capabilities,
            reasoning: reasoning.unwrap_or_default(),
            price,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, context: u64) -> ModelEntry {
        ModelEntry { ids: vec![id.into()], context: Some(context), ..ModelEntry::default() }
    }

    fn lists(lists: &[&[ModelEntry]]) -> ModelLists {
        let of_kind = |entries: &&[ModelEntry]| {
            entries.iter().map(|entry| (ProviderKind::OpenAi, entry.clone())).collect()
        };
        ModelLists::new(lists.iter().map(of_kind).collect())
    }

    fn context(lists: &ModelLists, own: &[ModelEntry], model: &str) -> Option<u64> {
        lists.facts(own, ProviderKind::OpenAi, model).context
    }

    #[test]
    fn the_most_exact_entry_of_a_list_counts() {
        let lists = lists(&[&[entry("a*", 1), entry("a-mini*", 2), entry("a-mini-1", 3)]]);
        assert_eq!(context(&lists, &[], "a-mini-1"), Some(3));
        assert_eq!(context(&lists, &[], "a-mini-2"), Some(2));
        assert_eq!(context(&lists, &[], "a"), Some(1));
        assert_eq!(context(&lists, &[], "b"), None);
        assert_eq!(
            lists.facts(&[], ProviderKind::Google, "a"),
            ModelFacts { id: "a".into(), ..ModelFacts::default() }
        );
    }

    #[test]
    fn the_provider_wins_over_the_administrator_s_list_and_that_over_the_built_in() {
        let named = |entry: ModelEntry, name: &str| ModelEntry { name: Some(name.into()), ..entry };
        let built_in = ModelEntry {
            reasoning: Some(true),
            output: Some(9),
            ..named(entry("m", 1), "built in")
        };
        let lists = lists(&[&[named(entry("m*", 2), "listed")], &[built_in]]);
        let own = ModelEntry { context: None, ..named(entry("m", 0), "own") };
        let facts = lists.facts(&[own], ProviderKind::OpenAi, "m");
        assert_eq!(facts.name.as_deref(), Some("own"));
        assert_eq!(facts.context, Some(2), "what the provider leaves open, the list says");
        assert_eq!((facts.output, facts.reasoning), (Some(9), true));
    }

    #[test]
    fn attachments_are_images_unless_something_else_is_known() {
        let with = |words: &[&str], attachments| {
            let capabilities = Some(words.iter().map(ToString::to_string).collect());
            let listed = ModelEntry { capabilities, ..entry("m", 1) };
            let own = ModelEntry { attachments, ..entry("m", 1) };
            lists(&[&[listed]]).facts(&[own], ProviderKind::OpenAi, "m").capabilities
        };
        assert_eq!(with(&[], Some(true)), ["images"]);
        assert_eq!(with(&["documents"], Some(true)), ["documents"]);
        assert_eq!(with(&["images", "structured-output"], Some(false)), ["structured-output"]);
        assert_eq!(with(&["images"], None), ["images"]);
    }
}
