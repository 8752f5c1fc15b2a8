//! Plain text, words and sentences of what editors write: plain text, Markdown or HTML.

/// Elements that end a paragraph.
const BLOCKS: [&str; 15] = [
    "address",
    "blockquote",
    "br",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "p",
    "td",
    "tr",
];

/// Named references that texts in English and German have.
const REFERENCES: [(&str, &str); 16] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("shy", ""),
    ("hellip", "…"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
];

/// Bytes of a reference at most, the semicolon too.
const LONGEST_REFERENCE: usize = 10;

/// Words with a full stop that ends no sentence.
const ABBREVIATIONS: [&str; 24] = [
    "abb", "bzw", "ca", "co", "dr", "eg", "etc", "evtl", "ff", "ggf", "ie", "inkl", "jr", "mr",
    "mrs", "ms", "nr", "prof", "sog", "sr", "st", "usw", "vgl", "vs",
];

/// The text without markup, a paragraph a line.
pub(crate) fn plain(markup: &str) -> String {
    let mut plain = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(position) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(position);
        plain.push_str(before);
        rest = match from.starts_with('<') {
            true => tag(from, &mut plain),
            false => reference(from, &mut plain),
        };
    }
    plain.push_str(rest);
    plain.lines().map(unmarked).collect::<Vec<_>>().join("\n")
}

/// Skips what begins with `<`; gives what follows.
fn tag<'a>(from: &'a str, plain: &mut String) -> &'a str {
    let inner = &from[1..];
    let is_tag =
        inner.starts_with(|first: char| first.is_ascii_alphabetic() || "/!".contains(first));
    // A tag that another begins within is none, so that no text is gone through twice.
    let end = inner.find(['>', '<']).filter(|end| is_tag && inner[*end..].starts_with('>'));
    let Some(end) = end else {
        plain.push('<');
        return inner;
    };
    let name: String = inner
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let after = &inner[end + 1..];
    if BLOCKS.contains(&name.as_str()) {
        plain.push('\n');
    }
    if !inner.starts_with('/') && ["script", "style"].contains(&name.as_str()) {
        let close = format!("</{name}");
        return after.find(&close).map_or("", |position| &after[position..]);
    }
    after
}

/// Puts the character of `&name;` or `&#123;`; gives what follows.
fn reference<'a>(from: &'a str, plain: &mut String) -> &'a str {
    let inner = &from[1..];
    if let Some(end) = inner.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';')
        && let Some(text) = character(&inner[..end])
    {
        plain.push_str(&text);
        return &inner[end + 1..];
    }
    plain.push('&');
    inner
}

fn character(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?).map(String::from);
    }
    let known = REFERENCES.iter().find(|(known, _)| *known == name);
    known.map(|(_, text)| (*text).into())
}

/// A line without Markdown's marks at its beginning and within links.
fn unmarked(line: &str) -> String {
    let line = line.trim_start_matches(['#', '>', '*', '-', '+', ' ', '\t']);
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(position) = rest.find("](") {
        let (before, from) = rest.split_at(position);
        text.push_str(before);
        let Some(end) = from.find(')') else {
            rest = from;
            break;
        };
        rest = &from[end + 1..];
    }
    text.push_str(rest);
    text
}

/// The words: runs of letters and digits, with apostrophes and hyphens inside.
pub(crate) fn words(plain: &str) -> impl Iterator<Item = &str> {
    plain
        .split(|character: char| !character.is_alphanumeric() && !"'’-".contains(character))
        .map(|word| word.trim_matches(['\'', '’', '-']))
        .filter(|word| word.chars().any(char::is_alphabetic))
}

/// How many sentences there are. A paragraph ends one, whether it has a full stop or not.
pub(crate) fn sentences(plain: &str) -> usize {
    plain.lines().map(sentences_of_paragraph).sum()
}

fn sentences_of_paragraph(paragraph: &str) -> usize {
    let mut count = 0;
    let mut open = false;
    let mut tokens = paragraph.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        open |= token.chars().any(char::is_alphanumeric);
        let next =
            tokens.peek().and_then(|next| next.chars().find(|first| first.is_alphanumeric()));
        if open && ends_sentence(token, next) {
            count += 1;
            open = false;
        }
    }
    count + usize::from(open)
}

fn ends_sentence(token: &str, next: Option<char>) -> bool {
    let bare = token.trim_end_matches(['"', '\'', '”', '“', '’', '»', '«', ')', ']', '*', '_']);
    if bare.ends_with(['!', '?', '…']) {
        return true;
    }
    let Some(word) = bare.strip_suffix('.') else { return false };
    let word: String =
        word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let abbreviated = ABBREVIATIONS.contains(&word.as_str())
        || word.chars().count() == 1
        // `3. Mai`, `z.B.`
        || word.chars().all(|c| c.is_ascii_digit()) && next.is_some()
        || bare.strip_suffix('.').is_some_and(|inner| inner.contains('.'));
    next.is_none_or(|first| !first.is_lowercase() && !abbreviated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_no_text() {
        let html = "<h2>News &amp; views</h2><p class=\"a\">One <b>bold</b> word.</p>\
            <script>var x = 'not a text';</script><p>K&ouml;ln&#33;</p>";
        let plain = plain(html);
        assert_eq!(words(&plain).collect::<Vec<_>>().join(" "), "News views One bold word Köln");
        assert_eq!(sentences(&plain), 3);
    }

    #[test]
    fn markdown_marks_and_addresses_are_no_text() {
        let markdown = "# Title\n\n- See [the report](https://example.com/a.b) now.\n> Quoted";
        assert_eq!(plain(markdown), "Title\n\nSee [the report now.\nQuoted");
        assert_eq!(words(&plain(markdown)).count(), 6);
    }

    #[test]
    fn what_only_looks_like_markup_stays() {
        for text in
            ["1 < 2 & 3 > 2", "a <", "&", "&unknown; x", "&#xZZ;", "&#1114112;", "<p", "x](y"]
        {
            let plain = plain(text);
            assert!(plain.chars().count() + 3 >= text.chars().count(), "{text}: {plain}");
        }
        assert_eq!(plain("<script>never closed"), "");
    }

    #[test]
    fn abbreviations_and_dates_end_no_sentence() {
        assert_eq!(sentences("Dr. Miller came at 5 p.m. on Monday. He left."), 2);
        assert_eq!(sentences("Das ist z. B. am 3. Mai so. Und bzw. nicht so!"), 2);
        assert_eq!(sentences("Really?! Yes… “No.” Version 1.2 is out"), 4);
        assert_eq!(sentences(" \n … \n"), 0);
    }

    #[test]
    fn words_keep_apostrophes_and_hyphens() {
        assert_eq!(
            words("It's a well-known 'fact' – 42 of them").collect::<Vec<_>>(),
            ["It's", "a", "well-known", "fact", "of", "them"]
        );
    }
}
