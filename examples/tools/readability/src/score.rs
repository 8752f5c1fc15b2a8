//! The score of a text.

use palisade_tool::prelude::*;

use crate::{
    language::Language,
    text::{plain, sentences, words},
};

/// Words that people read in a minute.
const WORDS_PER_MINUTE: usize = 200;

/// A score and the counts behind it.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Score {
    /// Language whose formula was used.
    language: Language,
    /// Flesch reading ease: 0 and less very hard, 100 and more very easy.
    pub(crate) reading_ease: f64,
    /// The score in words.
    level: &'static str,
    /// Words.
    words: usize,
    /// Sentences.
    sentences: usize,
    /// Syllables.
    syllables: usize,
    /// Words of three syllables or more.
    long_words: usize,
    /// Words in a sentence, on average.
    words_per_sentence: f64,
    /// Minutes to read it.
    reading_minutes: usize,
}

impl Score {
    /// The score of a text, unless it has no words.
    pub(crate) fn of(markup: &str, language: Option<Language>) -> Option<Self> {
        let plain = plain(markup);
        let language = language.unwrap_or_else(|| Language::of(words(&plain)));
        let per_word: Vec<usize> = words(&plain).map(|word| language.syllables(word)).collect();
        if per_word.is_empty() {
            return None;
        }
        let count = per_word.len();
        let sentences = sentences(&plain).max(1);
        let syllables: usize = per_word.iter().sum();
        let words_per_sentence = count as f64 / sentences as f64;
        let ease = language.reading_ease(words_per_sentence, syllables as f64 / count as f64);
        Some(Self {
            language,
            reading_ease: tenths(ease),
            level: level(ease),
            words: count,
            sentences,
            syllables,
            long_words: per_word.iter().filter(|syllables| **syllables >= 3).count(),
            words_per_sentence: tenths(words_per_sentence),
            reading_minutes: count.div_ceil(WORDS_PER_MINUTE),
        })
    }
}

fn level(reading_ease: f64) -> &'static str {
    match reading_ease {
        ease if ease >= 80.0 => "very easy",
        ease if ease >= 60.0 => "easy",
        ease if ease >= 50.0 => "fairly hard",
        ease if ease >= 30.0 => "hard",
        _ => "very hard",
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_english_formula() {
        // 6 words, 1 sentence, 6 syllables: 206.835 - 1.015 * 6 - 84.6 * 1
        let score = Score::of("The cat sat on the mat.", None).expect("words");
        assert_eq!(
            score,
            Score {
                language: Language::English,
                reading_ease: 116.1,
                level: "very easy",
                words: 6,
                sentences: 1,
                syllables: 6,
                long_words: 0,
                words_per_sentence: 6.0,
                reading_minutes: 1,
            }
        );
    }

    #[test]
    fn the_german_formula() {
        // 5 words, 1 sentence, 7 syllables: 180 - 5 - 58.5 * 1.4
        let score = Score::of("Die Katze liegt im Garten.", Some(Language::German)).expect("words");
        assert_eq!((score.words, score.syllables), (5, 7));
        assert_eq!(score.reading_ease, 93.1);
    }

    #[test]
    fn a_language_that_is_said_is_taken() {
        let text = "The cat sat on the mat.";
        let score = Score::of(text, Some(Language::German)).expect("words");
        assert_eq!(score.language, Language::German);
    }

    #[test]
    fn without_words_there_is_no_score() {
        for text in ["", " \n", "<p>&nbsp;</p>", "42 – 43", "***"] {
            assert_eq!(Score::of(text, None), None, "{text}");
        }
    }

    #[test]
    fn every_text_has_a_finite_score() {
        let long = "word ".repeat(10_000);
        for text in ["a", "ß", "e", "l'e", "日本語のテキスト", "🙂 a", long.as_str()] {
            let score = Score::of(text, None).expect("words");
            assert!(score.reading_ease.is_finite() && score.sentences >= 1, "{text}");
        }
        assert_eq!(Score::of(&long, None).map(|score| score.reading_minutes), Some(50));
    }
}
