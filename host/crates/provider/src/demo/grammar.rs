//! What a sentence asks for, before anything is known about the project.

use super::lexer::{Token, lex, phrase_at};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Items, or values of items.
    List,
    Count,
    Create,
    Update,
    Delete,
    /// Which collections there are.
    Collections,
    /// Which fields a collection has.
    Fields,
    /// A greeting, or the question what this model is.
    Help,
    Thanks,
    /// A noun phrase without a verb: a list, if it names a collection.
    Phrase,
    /// Nothing that this model understands.
    Unknown,
}

/// A sentence with its verb found.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    pub(super) source: String,
    pub(super) tokens: Vec<Token>,
    pub(super) verb: Verb,
    /// The verb as written, in lower case; empty where there is none.
    pub(super) stem: String,
    /// Index of the first token after the verb.
    pub(super) body: usize,
}

impl Sentence {
    /// Whether the verb itself looks for a text: search, find, look for.
    pub(super) fn is_search(&self) -> bool {
        matches!(self.stem.as_str(), "search" | "find" | "look" | "locate")
    }
}

/// Openings that mean nothing, longest first.
const POLITE: [&str; 28] = [
    "would you be so kind to",
    "would you please",
    "could you please",
    "can you please",
    "i would like you to",
    "i want you to",
    "i would like to",
    "i'd like to",
    "i need you to",
    "i want to",
    "i need to",
    "could you",
    "would you",
    "can you",
    "will you",
    "could i",
    "can i",
    "let me",
    "please",
    "kindly",
    "hey",
    "ok",
    "now",
    "and",
    "so",
    "then",
    "well",
    "also",
];

const COUNT: [&str; 8] = [
    "what is the total number of",
    "what is the number of",
    "what's the number of",
    "total number of",
    "the number of",
    "number of",
    "how many",
    "count",
];

const CREATE: [&str; 8] =
    ["make a new", "make an", "make a", "create", "insert", "add", "write", "new"];

const UPDATE: [&str; 19] = [
    "update",
    "change",
    "set",
    "rename",
    "edit",
    "modify",
    "mark",
    "publish",
    "unpublish",
    "archive",
    "unarchive",
    "approve",
    "unapprove",
    "reject",
    "assign",
    "move",
    "correct",
    "make",
    "retitle",
];

const DELETE: [&str; 7] = ["get rid of", "delete", "remove", "erase", "drop", "destroy", "trash"];

const LIST: [&str; 36] = [
    "are there any",
    "is there any",
    "are there",
    "is there",
    "do we have",
    "do you have",
    "do i have",
    "have we",
    "look for",
    "look up",
    "tell me",
    "give me",
    "show me",
    "list",
    "show",
    "display",
    "find",
    "get",
    "fetch",
    "give",
    "see",
    "read",
    "view",
    "open",
    "search",
    "locate",
    "print",
    "return",
    "what are",
    "what is",
    "what's",
    "which",
    "what",
    "who is",
    "who",
    "where",
];

const GREETINGS: [&str; 22] = [
    "hi",
    "hello",
    "hey",
    "hallo",
    "good morning",
    "good afternoon",
    "good evening",
    "help",
    "who are you",
    "what are you",
    "what can you do",
    "what can i do",
    "what do you do",
    "what do you understand",
    "what can i ask",
    "how are you",
    "how do you work",
    "are you there",
    "are you an ai",
    "are you an llm",
    "what is this",
    "which model are you",
];

const COLLECTION_WORDS: [&str; 5] = ["collections", "collection", "tables", "table", "datasets"];
const FIELD_WORDS: [&str; 8] =
    ["fields", "field", "columns", "column", "attributes", "properties", "structure", "schema"];

/// Finds the verb of a sentence.
pub(super) fn parse(source: &str) -> Sentence {
    let tokens = lex(source);
    let greeting = leading(&tokens, 0, &GREETINGS);
    let mut body = 0;
    while let Some((length, _)) = leading(&tokens, body, &POLITE)
        .or_else(|| tokens.get(body).filter(|token| token.is(",")).map(|_| (1, "")))
    {
        body += length;
    }
    let sentence = |verb, stem: &str, body| Sentence {
        source: source.to_owned(),
        tokens: tokens.clone(),
        verb,
        stem: stem.to_owned(),
        body,
    };
    // A greeting is one only if nothing else follows: "hello" but not "help me count articles".
    let only_greeting =
        greeting.is_some_and(|(length, phrase)| tokens.len() <= length + 3 || phrase.contains(' '));
    if tokens.iter().any(|token| token.is_any(&["thanks", "thank", "thx"])) && tokens.len() < 8 {
        return sentence(Verb::Thanks, "", 0);
    }
    if body >= tokens.len() {
        return sentence(Verb::Help, "", 0);
    }
    for (phrases, verb) in [
        (&COUNT[..], Verb::Count),
        (&CREATE[..], Verb::Create),
        (&DELETE[..], Verb::Delete),
        (&UPDATE[..], Verb::Update),
    ] {
        if let Some((length, phrase)) = leading(&tokens, body, phrases) {
            return sentence(verb, phrase, body + length);
        }
    }
    let rest = tokens.get(body..).unwrap_or_default();
    let describe = rest.first().is_some_and(|token| token.is("describe"));
    let listing = leading(&tokens, body, &LIST);
    if (listing.is_some() || describe) && !only_greeting {
        if rest.iter().take(4).any(|token| token.is_any(&COLLECTION_WORDS)) {
            return sentence(Verb::Collections, "", body + 1);
        }
        if describe || rest.iter().take(5).any(|token| token.is_any(&FIELD_WORDS)) {
            return sentence(Verb::Fields, "", body + 1);
        }
    }
    if only_greeting {
        return sentence(Verb::Help, "", 0);
    }
    if let Some((length, phrase)) = listing {
        if rest.iter().any(|token| token.is_any(&["data", "content"])) && rest.len() <= 7 {
            return sentence(Verb::Collections, "", body + 1);
        }
        let counting = leading(&tokens, body + length, &COUNT);
        return match counting {
            Some((more, _)) => sentence(Verb::Count, "count", body + length + more),
            None => sentence(Verb::List, phrase, body + length),
        };
    }
    if rest.len() == 1 && rest.iter().any(|token| token.is_any(&COLLECTION_WORDS)) {
        return sentence(Verb::Collections, "", body);
    }
    let markers = [
        "latest",
        "newest",
        "oldest",
        "recent",
        "all",
        "with",
        "where",
        "sorted",
        "by",
        "whose",
        "containing",
        "drafts",
        "per",
        "titled",
        "named",
        "called",
        "without",
        "in",
        "on",
        "of",
        "from",
        "since",
        "before",
        "after",
        "about",
        "that",
        "which",
        "are",
    ];
    let marked = rest.iter().any(|token| token.is_any(&markers));
    let personal = rest.iter().any(|token| token.is_any(&["i", "you", "me", "my", "your", "why"]));
    match rest.len() <= 12 && !personal && (marked || rest.len() <= 3) {
        true if marked => sentence(Verb::List, "", body),
        true => sentence(Verb::Phrase, "", body),
        false => sentence(Verb::Unknown, "", body),
    }
}

/// The first phrase that stands at a place, with its length in tokens. Lists name longer phrases
/// before their beginnings.
fn leading<'p>(tokens: &[Token], at: usize, phrases: &[&'p str]) -> Option<(usize, &'p str)> {
    phrases.iter().find_map(|phrase| Some((phrase_at(tokens, at, phrase)?, *phrase)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verb_of_a_sentence() {
        for (sentence, verb) in [
            ("List all articles", Verb::List),
            ("Could you please show me the newest comments?", Verb::List),
            ("How many countries are there?", Verb::Count),
            ("What is the number of drafts", Verb::Count),
            ("tell me how many authors we have", Verb::Count),
            ("Add a category called Travel", Verb::Create),
            ("make an article titled X", Verb::Create),
            ("make article 3 a draft", Verb::Update),
            ("rename article 3 to X", Verb::Update),
            ("get rid of comment 7", Verb::Delete),
            ("What collections are there?", Verb::Collections),
            ("what fields does articles have", Verb::Fields),
            ("describe authors", Verb::Fields),
            ("Hello", Verb::Help),
            ("What can you do?", Verb::Help),
            ("thanks a lot!", Verb::Thanks),
            ("latest 5 articles", Verb::List),
            ("articles", Verb::Phrase),
            ("why do you think that I should write more about the sea", Verb::Unknown),
            ("", Verb::Help),
        ] {
            assert_eq!(parse(sentence).verb, verb, "{sentence}");
        }
    }
}
