//! What the sample's texts are made of.

/// A section of the site and what is written there.
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) description: &'static str,
    /// Headlines; `{thing}`, `{org}` and `{place}` are filled in.
    pub(super) titles: &'static [&'static str],
    pub(super) things: &'static [&'static str],
    pub(super) organisations: &'static [&'static str],
    /// Opening sentences, filled in like headlines.
    pub(super) openings: &'static [&'static str],
}

/// A person who writes.
pub(super) struct Author {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) beat: &'static str,
    pub(super) bio: &'static str,
}

pub(super) const SECTIONS: [Section; 8] = [
    Section {
        name: "City",
        slug: "city",
        description: "Streets, schools, budgets and the people who decide about them",
        titles: &[
            "Council approves {thing} for {place}",
            "{place} residents question {thing}",
            "Vote on {thing} postponed again",
            "What {thing} would change in {place}",
            "{org} publishes plan for {thing}",
        ],
        things: &[
            "a car-free centre",
            "the new tram line",
            "a second library",
            "lower speed limits",
            "the school renovation fund",
            "night buses",
            "a rent register",
        ],
        organisations: &["The city council", "The planning office", "The tenants' association"],
        openings: &[
            "After two evenings of debate, {org} has put {thing} back on the agenda of {place}.",
            "The plan for {thing} has been talked about in {place} for years; now there is a date.",
            "More than two hundred people came to {place}'s town hall to hear about {thing}.",
        ],
    },
    Section {
        name: "Business",
        slug: "business",
        description: "Companies, work and money in the region",
        titles: &[
            "{org} bets on {thing}",
            "How {thing} keeps {place} at work",
            "{org} closes its office in {place}",
            "The quiet return of {thing}",
            "{place}'s shops try {thing}",
        ],
        things: &[
            "the four-day week",
            "repair instead of replacement",
            "regional suppliers",
            "apprenticeships",
            "refurbished machines",
            "cooperative ownership",
            "shared warehouses",
        ],
        organisations: &["Halvorsen Tools", "Brightwater Logistics", "The Meridian bakery chain"],
        openings: &[
            "{org} has told its staff in {place} that {thing} is no longer an experiment.",
            "Order books in {place} are full, and many managers give the same reason: {thing}.",
            "For {org}, {thing} began as a way to save money. It has become the business.",
        ],
    },
    Section {
        name: "Science",
        slug: "science",
        description: "Research, explained without fanfare",
        titles: &[
            "Researchers in {place} measure {thing}",
            "What {thing} can and cannot tell us",
            "{org} opens its data on {thing}",
            "A ten-year study of {thing} ends",
            "{thing}: an old question, a new instrument",
        ],
        things: &[
            "soil moisture",
            "bird migration",
            "sleep in shift workers",
            "river sediments",
            "urban light at night",
            "pollen seasons",
            "bat calls",
        ],
        organisations: &["The university hospital", "The limnology institute", "The field station"],
        openings: &[
            "For eleven years a group in {place} has collected data on {thing}; the first results \
             are out.",
            "{org} has released the raw figures on {thing}, and invites others to check them.",
            "Hardly anyone outside the field has heard of {thing}, yet planners rely on it.",
        ],
    },
    Section {
        name: "Culture",
        slug: "culture",
        description: "Stages, books, film and the people behind them",
        titles: &[
            "{org} stages {thing}",
            "{thing} comes to {place}",
            "Three evenings with {thing}",
            "Why {thing} still fills the house",
            "{place} rediscovers {thing}",
        ],
        things: &[
            "a silent film festival",
            "forgotten string quartets",
            "an opera about salt",
            "poetry in dialect",
            "the travelling puppet theatre",
            "a museum of sounds",
            "open-air readings",
        ],
        organisations: &["The Harbour Theatre", "The chamber orchestra", "The literature house"],
        openings: &[
            "There were no seats left when {org} opened the season with {thing}.",
            "In {place}, {thing} has drawn more visitors than anyone had planned for.",
            "It takes courage to put {thing} on the programme. {org} has it.",
        ],
    },
    Section {
        name: "Sport",
        slug: "sport",
        description: "From the regional league to the Sunday run",
        titles: &[
            "{org} win in {place} after extra time",
            "{place} club saves {thing}",
            "{thing} draws record field",
            "{org} rebuild around {thing}",
            "A season without {thing}",
        ],
        things: &[
            "the youth squad",
            "the women's eight",
            "the hill marathon",
            "wheelchair basketball",
            "the winter league",
            "open-water swimming",
            "the velodrome",
        ],
        organisations: &["The Rovers", "Rowing club Albatross", "The handball women"],
        openings: &[
            "Nobody in {place} had expected much of {org} this year, least of all {org}.",
            "With {thing}, the club has found what money could not buy.",
            "Rain, wind and a late start: {thing} had everything except an easy winner.",
        ],
    },
    Section {
        name: "Technology",
        slug: "technology",
        description: "What machines do for people, and to them",
        titles: &[
            "{place} tests {thing}",
            "{org} drops {thing} after trial",
            "Who looks after {thing}?",
            "{thing} for everyone, says {org}",
            "The cost of {thing}",
        ],
        things: &[
            "open-source dispatch software",
            "sensors in waste bins",
            "digital patient files",
            "neighbourhood batteries",
            "automatic timetables",
            "a public data trust",
            "speech recognition in court",
        ],
        organisations: &["The hospital trust", "The transport authority", "Start-up Lanternfish"],
        openings: &[
            "Half a year after the launch, {org} has looked at what {thing} has brought.",
            "{thing}: in {place} it has moved from a slide to a work order.",
            "The contract for {thing} is twelve pages long. The list of questions is longer.",
        ],
    },
    Section {
        name: "Environment",
        slug: "environment",
        description: "Climate, water, woods and what is done for them",
        titles: &[
            "{place} plans for {thing}",
            "{thing} return to the river",
            "{org} warns about {thing}",
            "What {thing} costs, and what it saves",
            "A summer of {thing}",
        ],
        things: &[
            "heat plans",
            "otters",
            "dry wells",
            "flood meadows",
            "mixed forests",
            "green roofs",
            "rain gardens",
        ],
        organisations: &["The water board", "The forestry office", "The nature trust"],
        openings: &[
            "The gauges of {place} tell the story in one line; {org} tells it in a report on \
             {thing}.",
            "When {org} first proposed {thing}, few people in {place} listened.",
            "It is a small stretch of land near {place}, but {thing} have changed how it works.",
        ],
    },
    Section {
        name: "Health",
        slug: "health",
        description: "Care, prevention and the system in between",
        titles: &[
            "{place} gets {thing}",
            "{org} extends {thing}",
            "Waiting for {thing}",
            "Does {thing} help? The figures so far",
            "{thing}, one year on",
        ],
        things: &[
            "a mobile surgery",
            "community nurses",
            "school meals",
            "evening clinics",
            "a fall-prevention course",
            "telephone counselling",
            "a midwives' house",
        ],
        organisations: &["The public health office", "The district hospital", "The nurses' union"],
        openings: &[
            "Twice a week, {thing} now make the difference between {place} and the next city.",
            "{org} has counted: since {thing} began, fewer people come to the emergency room.",
            "In {place}, {thing} had been promised for years. {org} has kept the promise.",
        ],
    },
];

pub(super) const AUTHORS: [Author; 12] = [
    Author {
        name: "Marta Kowalczyk",
        email: "marta.kowalczyk@example.com",
        beat: "City hall",
        bio: "Has covered local politics for fifteen years and has read every budget since.",
    },
    Author {
        name: "Jonas Weidmann",
        email: "jonas.weidmann@example.com",
        beat: "Economy",
        bio: "Trained as a toolmaker, then as an economist; writes about work.",
    },
    Author {
        name: "Amara Nwosu",
        email: "amara.nwosu@example.com",
        beat: "Science",
        bio: "Biologist by training. Reads the supplement before the paper.",
    },
    Author {
        name: "Luca Ferrante",
        email: "luca.ferrante@example.com",
        beat: "Stage and film",
        bio: "Critic and occasional stagehand.",
    },
    Author {
        name: "Sofie Dahl",
        email: "sofie.dahl@example.com",
        beat: "Sport",
        bio: "Former rower, current early riser.",
    },
    Author {
        name: "Tariq Haddad",
        email: "tariq.haddad@example.com",
        beat: "Technology",
        bio: "Asks who maintains it.",
    },
    Author {
        name: "Ingrid Moen",
        email: "ingrid.moen@example.com",
        beat: "Climate and water",
        bio: "Spent four years at a research station before she came to the paper.",
    },
    Author {
        name: "Peter Vasile",
        email: "peter.vasile@example.com",
        beat: "Health",
        bio: "Writes about hospitals, and about everything that keeps people out of them.",
    },
    Author {
        name: "Chiara Bellini",
        email: "chiara.bellini@example.com",
        beat: "Education",
        bio: "Teacher in an earlier life.",
    },
    Author {
        name: "Declan Byrne",
        email: "declan.byrne@example.com",
        beat: "Courts",
        bio: "Knows the porter of every courthouse in the region.",
    },
    Author {
        name: "Yuki Tanabe",
        email: "yuki.tanabe@example.com",
        beat: "Data",
        bio: "Turns tables into questions.",
    },
    Author {
        name: "Helena Brandão",
        email: "helena.brandao@example.com",
        beat: "Features",
        bio: "Takes the slow train.",
    },
];

pub(super) const PLACES: [&str; 14] = [
    "Ashford",
    "Port Ellery",
    "Lindholm",
    "Karlsbruck",
    "Monte Verano",
    "Westhaven",
    "Oakmere",
    "Brennfeld",
    "Saint-Aubin",
    "Kestrel Bay",
    "Nordvik",
    "Alderney Cross",
    "Ravensholm",
    "Tavira",
];

/// Middle paragraphs. `{number}` is a small number.
pub(super) const MIDDLES: [&str; 14] = [
    "The figures are easy to read: {number} cases in the first quarter, against half of that a year \
     before. What they mean is disputed.",
    "\"We have made mistakes, and we have written them down,\" says the project lead. \"Everyone may \
     read the list.\"",
    "Critics point to {place}, where a similar attempt was given up after {number} months. The \
     conditions were different, say those who were there.",
    "{org} puts the cost at {number} million euros over five years. A third is covered; the rest \
     depends on a decision due in spring.",
    "Those who work with it every day sound calmer than the debate. {number} of them were asked for \
     this article; all but two would carry on.",
    "It began with a letter to the editor. A reader had counted, and her count differed from the \
     official one by {number} per cent.",
    "Not everyone is convinced. The opposition wants an independent review before any more money is \
     spent.",
    "The model comes from {place}, where it has been running for {number} years without much \
     attention.",
    "On a Tuesday morning in {place} there is little to be seen of all this: a van, two ladders, a \
     thermos flask.",
    "The report runs to {number} pages. The most important sentence is in a footnote: the sample was \
     small.",
    "{org} has asked for comments by the end of the month. So far, {number} have come in, most of \
     them in favour.",
    "Whoever wants to understand the dispute has to go back {number} years, to a meeting of which \
     only the minutes remain.",
    "The staff council supports the plan on one condition: nobody may lose hours because of it.",
    "Experts advise patience. Effects of this kind show after {number} seasons, hardly before.",
];

pub(super) const ENDINGS: [&str; 8] = [
    "The next meeting is open to the public.",
    "A decision is expected before the summer.",
    "Until then, everything stays as it is.",
    "{org} will report again in the autumn.",
    "In {place}, they have already begun.",
    "Whether that is enough will be seen in winter.",
    "The documents are available at the town hall of {place}.",
    "We will keep you posted.",
];

pub(super) const INTERNAL_NOTES: [&str; 10] = [
    "Legal has cleared the second quotation; keep the wording as it is.",
    "Source works at {org} and must not be named. Contact through the desk only.",
    "Figures checked against the annual report, page {number}.",
    "Hold until the press conference is over.",
    "Photo rights expire in {number} months; ask the picture desk for a replacement.",
    "Author has family in {place}; second editor required.",
    "Complaint received about the headline, answered by phone.",
    "Embargo agreed with {org} until 6 a.m.",
    "Correction pending: the amount in paragraph three.",
    "Planned for the weekend edition, {number} lines short.",
];

pub(super) const COMMENTS: [&str; 18] = [
    "Thank you for explaining this without taking sides.",
    "I live in {place} and can confirm every word.",
    "You forgot to mention what it costs us.",
    "Interesting, but where do the figures come from?",
    "I was at that meeting. It was louder than you write.",
    "More of this, please.",
    "My grandmother told the same story forty years ago.",
    "Has anybody asked the people who work there?",
    "The map in the printed edition was clearer.",
    "I disagree with the conclusion, but it is well researched.",
    "Is there a way to take part? I would like to help.",
    "That was tried in {place} and it failed.",
    "Good to read something about {place} that is not bad news.",
    "The link to the report does not work for me.",
    "Finally somebody says it.",
    "Please correct the name in the third paragraph.",
    "We need this here, too.",
    "First! And still the best section of the paper.",
];

pub(super) const READERS: [&str; 20] = [
    "A. Nowak",
    "Bea",
    "Commuter 7",
    "Dr. H. Lang",
    "Emil",
    "Fatima S.",
    "G. Okonkwo",
    "Hanna from the harbour",
    "Ines",
    "J. Peeters",
    "Kai",
    "Lotte V.",
    "M. Ibrahim",
    "Night owl",
    "Oskar",
    "P. Dubois",
    "Quentin",
    "Rosa M.",
    "Samir",
    "T. Virtanen",
];
