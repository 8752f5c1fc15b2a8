// From a title to a slug.

/** Letters that don't fall apart into a letter and its accent, or that German spells out. */
const SPELT = {
	ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", œ: "oe", ø: "o", å: "a", đ: "d", ð: "d", þ: "th", ł: "l",
	ı: "i", "&": " and ", "@": " at ",
};

/** The slug of a title: lower-case letters and digits with single hyphens between, and no longer than
 *  that. Empty where the title has none of these, as one in Chinese. */
export function slugOf(title, longest = 80) {
	const spelt = title
		.normalize("NFC")
		.toLowerCase()
		.replace(/[äöüßæœøåđðþłı&@]/gu, (letter) => SPELT[letter]);
	const plain = spelt
		.normalize("NFKD")
		.toLowerCase()
		.replace(/[\u0300-\u036f'’]/gu, "")
		.replace(/[^a-z0-9]+/gu, "-");
	return shortened(plain.replace(/^-|-$/gu, ""), longest);
}

/** A slug that is too long ends with a whole word, where that isn't most of it. */
function shortened(slug, longest) {
	if (slug.length <= longest) return slug;
	const cut = slug.slice(0, longest);
	const end = slug[longest] === "-" ? longest : cut.lastIndexOf("-");
	return cut.slice(0, end > longest / 2 ? end : longest).replace(/-$/u, "");
}

/** The slug, with the smallest number that makes it one that isn't taken. */
export function untaken(slug, taken) {
	const all = new Set(taken);
	let candidate = slug;
	for (let number = 2; all.has(candidate); number += 1) candidate = `${slug}-${number}`;
	return candidate;
}
