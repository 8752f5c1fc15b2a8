//! The sample's items, composed from templates.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use super::{
    random::Random,
    words::{
        AUTHORS, COMMENTS, ENDINGS, INTERNAL_NOTES, MIDDLES, PLACES, READERS, SECTIONS, Section,
    },
};
use crate::{ProjectError, time};

const ARTICLES: u64 = 160;
const COMMENTS_WRITTEN: u64 = 300;
/// 1 November 2024, 06:00 UTC, in seconds since 1970: the first day of the sample's two years.
const FIRST_MOMENT: i64 = 1_730_440_800;
const TWO_YEARS_IN_HOURS: u64 = 729 * 24;

/// Inserts authors, categories, articles and comments.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    random: &mut Random,
) -> Result<(), ProjectError> {
    for author in &AUTHORS {
        sqlx::query("insert into authors (name, email, beat, bio) values (?1, ?2, ?3, ?4)")
            .bind(author.name)
            .bind(author.email)
            .bind(author.beat)
            .bind(author.bio)
            .execute(&mut *connection)
            .await?;
    }
    for section in &SECTIONS {
        sqlx::query("insert into categories (name, slug, description) values (?1, ?2, ?3)")
            .bind(section.name)
            .bind(section.slug)
            .bind(section.description)
            .execute(&mut *connection)
            .await?;
    }
    let moments = articles(connection, random).await?;
    comments(connection, random, &moments).await
}

/// Inserts the articles and returns when each was written.
async fn articles(
    connection: &mut SqliteConnection,
    random: &mut Random,
) -> Result<Vec<Timestamp>, ProjectError> {
    let mut slugs = HashSet::new();
    let mut moments = Vec::new();
    for (number, category) in (0..ARTICLES).zip((1_i64..=8).cycle()) {
        let section = usize::try_from(category - 1).ok().and_then(|index| SECTIONS.get(index));
        let Some(section) = section else { continue };
        let (scene, title, slug) = headline(random, section, &mut slugs);
        // Evenly over two years, with some hours more or less.
        let hours = number * TWO_YEARS_IN_HOURS / ARTICLES + random.below(96);
        let moment = moment_after(hours);
        let is_draft = random.chance(25);
        let note = if random.chance(30) {
            let template = random.pick(&INTERNAL_NOTES);
            Some(scene.fill(random, template))
        } else {
            None
        };
        // Most articles come from the section's own writer.
        let author = if random.chance(70) {
            category
        } else {
            i64::try_from(1 + random.below(12)).unwrap_or(1)
        };
        let body = body(random, section, &scene);
        sqlx::query(
            "insert into articles \
             (title, slug, body, status, internal_note, published_on, author, category) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(title)
        .bind(slug)
        .bind(body)
        .bind(if is_draft { "draft" } else { "published" })
        .bind(note)
        .bind((!is_draft).then(|| time::text(moment)))
        .bind(author)
        .bind(category)
        .execute(&mut *connection)
        .await?;
        moments.push(moment);
    }
    Ok(moments)
}

async fn comments(
    connection: &mut SqliteConnection,
    random: &mut Random,
    moments: &[Timestamp],
) -> Result<(), ProjectError> {
    for _ in 0..COMMENTS_WRITTEN {
        let article = random.below(ARTICLES);
        let written = usize::try_from(article).ok().and_then(|index| moments.get(index));
        let Some(written) = written else { continue };
        let delay = SignedDuration::from_mins(i64::try_from(5 + random.below(5000)).unwrap_or(5));
        let created = written.checked_add(delay).unwrap_or(*written);
        let place = random.pick(&PLACES);
        let text = random.pick(&COMMENTS).replace("{place}", place);
        let reader = random.pick(&READERS);
        let is_approved = random.chance(85);
        sqlx::query(
            "insert into comments (article, author_name, body, approved, created_on) \
             values (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(i64::try_from(article + 1).unwrap_or(1))
        .bind(reader)
        .bind(text)
        .bind(is_approved)
        .bind(time::text(created))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// What an article is about: the same through all of its text.
struct Scene {
    thing: &'static str,
    organisation: &'static str,
    place: &'static str,
}

impl Scene {
    fn of(random: &mut Random, section: &Section) -> Self {
        Self {
            thing: random.pick(section.things),
            organisation: random.pick(section.organisations),
            place: random.pick(&PLACES),
        }
    }

    /// Fills a template in and begins it with a capital letter.
    fn fill(&self, random: &mut Random, template: &str) -> String {
        let number = (2 + random.below(38)).to_string();
        let filled = template
            .replace("{thing}", self.thing)
            .replace("{place}", self.place)
            .replace("{number}", &number);
        // "the" stays small in the middle of a sentence.
        let organisation = self.organisation;
        let inner = match organisation.strip_prefix("The ") {
            Some(rest) => format!("the {rest}"),
            None => organisation.to_owned(),
        };
        let filled = filled.replace(". {org}", &format!(". {organisation}"));
        capitalised(&filled.replace("{org}", &inner))
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A headline that no other article has.
fn headline(
    random: &mut Random,
    section: &Section,
    slugs: &mut HashSet<String>,
) -> (Scene, String, String) {
    loop {
        let scene = Scene::of(random, section);
        let template = random.pick(section.titles);
        let title = scene.fill(random, template);
        let slug = slug(&title);
        if slugs.insert(slug.clone()) {
            return (scene, title, slug);
        }
    }
}

fn slug(title: &str) -> String {
    let mut slug = String::new();
    for character in title.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if character != '\'' && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// An opening, two to four paragraphs that differ, an ending.
fn body(random: &mut Random, section: &Section, scene: &Scene) -> String {
    let opening = random.pick(section.openings);
    let mut paragraphs = vec![scene.fill(random, opening)];
    let mut used: Vec<&str> = Vec::new();
    let wanted = usize::try_from(2 + random.below(3)).unwrap_or(2);
    while used.len() < wanted {
        let middle = random.pick(&MIDDLES);
        if !used.contains(&middle) {
            used.push(middle);
            paragraphs.push(scene.fill(random, middle));
        }
    }
    let ending = random.pick(&ENDINGS);
    paragraphs.push(scene.fill(random, ending));
    paragraphs.join("\n\n")
}

fn moment_after(hours: u64) -> Timestamp {
    let seconds = i64::try_from(hours).unwrap_or_default().saturating_mul(3600);
    Timestamp::from_second(FIRST_MOMENT.saturating_add(seconds)).unwrap_or_default()
}
