//! What differs between languages: common words, syllables and the formula.

use palisade_tool::prelude::*;

/// A language with a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

const ENGLISH: [&str; 20] = [
    "a", "and", "are", "as", "at", "be", "for", "from", "have", "is", "it", "of", "on", "that",
    "the", "this", "to", "was", "with", "you",
];
const GERMAN: [&str; 20] = [
    "auf", "das", "dem", "den", "der", "des", "die", "ein", "eine", "für", "ich", "ist", "mit",
    "nicht", "sich", "sie", "und", "von", "wir", "zu",
];
/// Two letters that German speaks as one sound.
const DIPHTHONGS: [&str; 12] =
    ["aa", "ai", "au", "ay", "äu", "ee", "ei", "eu", "ey", "ie", "oo", "ou"];

impl Language {
    /// The language of which a text has more of the common words.
    pub(crate) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let (mut english, mut german) = (0_usize, 0_usize);
        for word in words {
            let word = word.to_lowercase();
            english += usize::from(ENGLISH.contains(&word.as_str()));
            german += usize::from(GERMAN.contains(&word.as_str()));
            german += usize::from(word.contains(['ä', 'ö', 'ü', 'ß']));
        }
        if german > english { Self::German } else { Self::English }
    }

    /// Flesch's reading ease; for German with Amstad's weights.
    pub(crate) fn reading_ease(self, words_per_sentence: f64, syllables_per_word: f64) -> f64 {
        match self {
            Self::English => 206.835 - 1.015 * words_per_sentence - 84.6 * syllables_per_word,
            Self::German => 180.0 - words_per_sentence - 58.5 * syllables_per_word,
        }
    }

    /// The syllables of a word, by the vowels that are heard: right for most words, close for others.
    pub(crate) fn syllables(self, word: &str) -> usize {
        let letters: Vec<char> = word.to_lowercase().chars().collect();
        let count = match self {
            Self::English => english_syllables(&letters),
            Self::German => german_syllables(&letters),
        };
        count.max(1)
    }
}

fn english_syllables(letters: &[char]) -> usize {
    let vowel = |letter: &char| "aeiouyáéíóúèêëïöü".contains(*letter);
    let groups = letters
        .iter()
        .enumerate()
        .filter(|(place, letter)| vowel(letter) && (*place == 0 || !vowel(&letters[place - 1])))
        .count();
    // The last `e` is silent (`made`), also before `s` and `d` (`makes`, `asked`), but not where it
    // carries a syllable: `table`, `boxes`, `wanted`.
    let silent = match letters {
        [.., before, 'l', 'e'] => vowel(before),
        [.., before, 'e'] => !vowel(before),
        [.., before, 'e', 's'] => !vowel(before) && !"cgshxz".contains(*before),
        [.., before, 'e', 'd'] => !vowel(before) && !"td".contains(*before),
        _ => false,
    };
    groups - usize::from(silent && groups > 1)
}

fn german_syllables(letters: &[char]) -> usize {
    let mut count = 0;
    let mut place = 0;
    while place < letters.len() {
        let letter = letters[place];
        let follows_q = place > 0 && letters[place - 1] == 'q';
        if !"aeiouyäöüé".contains(letter) || (letter == 'u' && follows_q) {
            place += 1;
            continue;
        }
        count += 1;
        let pair: String = letters[place..].iter().take(2).collect();
        place += if DIPHTHONGS.contains(&pair.as_str()) { 2 } else { 1 };
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_syllables_are_heard_vowels() {
        let words = [
            ("cat", 1),
            ("made", 1),
            ("the", 1),
            ("table", 2),
            ("makes", 1),
            ("boxes", 2),
            ("asked", 1),
            ("wanted", 2),
            ("reading", 2),
            ("banana", 3),
            ("whole", 1),
            ("see", 1),
            ("hmm", 1),
            ("accountability", 6),
        ];
        for (word, count) in words {
            assert_eq!(Language::English.syllables(word), count, "{word}");
        }
    }

    #[test]
    fn german_syllables_know_diphthongs() {
        let words = [
            ("Haus", 1),
            ("Häuser", 2),
            ("Quelle", 2),
            ("Straße", 2),
            ("Ruine", 3),
            ("schön", 1),
            ("Verantwortung", 4),
            ("Theater", 3),
            ("Bayern", 2),
            ("GmbH", 1),
        ];
        for (word, count) in words {
            assert_eq!(Language::German.syllables(word), count, "{word}");
        }
    }

    #[test]
    fn common_words_tell_the_language() {
        let of = |text: &'static str| Language::of(text.split(' '));
        assert_eq!(of("The report is on the table and it was long"), Language::English);
        assert_eq!(of("Der Bericht liegt auf dem Tisch und ist lang"), Language::German);
        assert_eq!(of("Größe Straße"), Language::German);
        assert_eq!(of(""), Language::English);
    }
}
