//! Sentences into tokens: words, quoted text, symbols.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// Text in quotation marks: always a value, never a keyword or a name.
    Quoted,
    Symbol,
}

/// A token and where it stands in the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// The text as written, without quotation marks.
    pub(super) text: String,
    /// The text in lower case; empty for quoted text, so that no keyword matches it.
    pub(super) word: String,
    pub(super) kind: Kind,
    /// Byte offsets in the sentence, quotation marks included.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    pub(super) fn is(&self, word: &str) -> bool {
        self.word == word
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.contains(&self.word.as_str())
    }
}

/// Splits a sentence.
pub(super) fn lex(source: &str) -> Vec<Token> {
    let characters: Vec<(usize, char)> = source.char_indices().collect();
    let at = |index: usize| characters.get(index).map(|(_, character)| *character);
    let offset = |index: usize| characters.get(index).map_or(source.len(), |(offset, _)| *offset);
    let mut tokens = Vec::new();
    let mut index = 0;
    let mut push = |kind: Kind, start: usize, end: usize, inner: (usize, usize)| {
        let text = source.get(inner.0..inner.1).unwrap_or_default().replace('’', "'");
        let word = if kind == Kind::Quoted { String::new() } else { text.to_lowercase() };
        tokens.push(Token { text, word, kind, start, end });
    };
    while let Some(character) = at(index) {
        if character.is_whitespace() {
            index += 1;
            continue;
        }
        if let Some(close) = closing_quote(character)
            && let Some(end) = (index + 1..characters.len()).find(|&end| {
                at(end) == Some(close)
                    && !(close == '\'' || close == '’')
                        | !at(end + 1).is_some_and(char::is_alphanumeric)
            })
        {
            push(Kind::Quoted, offset(index), offset(end + 1), (offset(index + 1), offset(end)));
            index = end + 1;
            continue;
        }
        let length = symbol_length(character, at(index + 1));
        if length > 0 {
            let (start, end) = (offset(index), offset(index + length));
            push(Kind::Symbol, start, end, (start, end));
            index += length;
            continue;
        }
        let start = index;
        while let Some(character) = at(index)
            && !ends_word(&characters, start, index, character)
        {
            index += 1;
        }
        // A lone quotation mark or apostrophe ends a word without being one.
        let end = index.max(start + 1);
        index = end;
        let contraction = ["what", "who", "where", "how", "that", "there", "it", "let", "here"];
        let possessive = end >= start + 3
            && matches!((at(end - 2), at(end - 1)), (Some('\'' | '’'), Some('s' | 'S')))
            && source
                .get(offset(start)..offset(end - 2))
                .is_some_and(|stem| !contraction.contains(&stem.to_lowercase().as_str()));
        let word_end = if possessive { end - 2 } else { end };
        let word_start = if at(start) == Some('#') && end > start + 1 { start + 1 } else { start };
        push(Kind::Word, offset(start), offset(word_end), (offset(word_start), offset(word_end)));
        if possessive {
            push(Kind::Symbol, offset(word_end), offset(end), (offset(word_end), offset(end)));
        }
    }
    tokens
}

fn closing_quote(open: char) -> Option<char> {
    match open {
        '"' | '\'' | '`' => Some(open),
        '“' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}

/// Characters of the symbol that begins here; 0 for none.
fn symbol_length(character: char, next: Option<char>) -> usize {
    match (character, next) {
        ('>' | '<' | '!' | '=', Some('=')) | ('<', Some('>')) => 2,
        (',' | ';' | ':' | '?' | '!' | '.' | '(' | ')' | '=' | '<' | '>', _) => 1,
        _ => 0,
    }
}

fn ends_word(characters: &[(usize, char)], start: usize, index: usize, character: char) -> bool {
    let at = |index: usize| characters.get(index).map(|(_, character)| *character);
    let next = at(index + 1);
    let digits_before =
        index > start && (start..index).all(|index| at(index).is_some_and(|c| c.is_ascii_digit()));
    match character {
        ' ' | '"' | '“' | '”' | '«' | '»' | '`' | ';' | '(' | ')' | '=' | '<' | '>' => true,
        '?' | '!' | '.' => !next.is_some_and(char::is_alphanumeric),
        // `status:draft` is three tokens, `10:30` and `https://…` are one.
        ':' => !next.is_some_and(|next| next.is_ascii_digit() || next == '/'),
        // `1,000` is one number, `3,4` and `a,b` are lists.
        ',' => {
            let three_digits = (1..=3)
                .all(|more| at(index + more).is_some_and(|c| c.is_ascii_digit()))
                && !at(index + 4).is_some_and(|c| c.is_ascii_digit());
            !(digits_before && index - start <= 3 && three_digits)
        }
        other => other.is_whitespace(),
    }
}

/// The words of a phrase list entry, compared token by token.
pub(super) fn phrase_at(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut length = 0;
    for word in phrase.split(' ') {
        if !tokens.get(at + length)?.is(word) {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// The sentence's own text from one token up to (not including) another.
pub(super) fn slice(source: &str, tokens: &[Token], from: usize, to: usize) -> String {
    let text = match (tokens.get(from), to.checked_sub(1).and_then(|last| tokens.get(last))) {
        (Some(first), Some(last)) if from < to => match (to - from, first.kind) {
            (1, Kind::Quoted) => return first.text.clone(),
            _ => source.get(first.start..last.end).unwrap_or_default(),
        },
        _ => "",
    };
    text.trim().trim_end_matches(['.', '?', ',', ';']).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(source: &str) -> Vec<String> {
        lex(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_quotes_and_symbols() {
        assert_eq!(texts("Show article #3's title?"), ["Show", "article", "3", "'s", "title", "?"]);
        assert_eq!(
            texts("status:draft, a>=1,000"),
            ["status", ":", "draft", ",", "a", ">=", "1,000"]
        );
        assert_eq!(
            texts("set “New title” to 'it's on'."),
            ["set", "New title", "to", "it's on", "."]
        );
        assert_eq!(
            texts("keys 3,4 and 2.5 at 10:30"),
            ["keys", "3", ",", "4", "and", "2.5", "at", "10:30"]
        );
        assert_eq!(texts("isn’t"), ["isn't"]);
    }

    proptest! {
        #[test]
        fn any_text_is_split_into_tokens_inside_it(source in "\\PC{0,60}") {
            let mut end = 0;
            for token in lex(&source) {
                prop_assert!(token.start >= end && token.end <= source.len());
                prop_assert!(source.get(token.start..token.end).is_some());
                end = token.end;
            }
        }
    }
}
