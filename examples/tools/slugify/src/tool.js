// The tool: reads an item, makes its slug and writes it.

import { ToolError, json, text } from "./palisade-tool/index.js";
import { slugOf, untaken } from "./slug.js";

const NAME = "^[A-Za-z_][A-Za-z0-9_]{0,63}$";

/** @type {import("./palisade-tool/index.js").Tool} */
export const slugify = {
	name: "slugify",
	title: "Set the slug",
	description:
		"Makes the slug of one item from another of its fields, unique among the items of the collection, and writes it.",
	instructions:
		"Use it rather than writing slugs yourself: it knows which are taken. Set `dry_run` if the user only wants to see the slug.",
	inputSchema: {
		type: "object",
		properties: {
			collection: { type: "string", description: "Collection of the item." },
			key: { type: ["string", "integer"], description: "Key of the item." },
			from: { type: "string", pattern: NAME, description: "Field with the title." },
			to: { type: "string", pattern: NAME, description: "Field for the slug; `slug` unless said otherwise." },
			key_field: { type: "string", pattern: NAME, description: "Field of the key; `id` unless said otherwise." },
			dry_run: { type: "boolean", description: "Only say what the slug would be." },
		},
		required: ["collection", "key", "from"],
		additionalProperties: false,
	},
	outputSchema: {
		type: "object",
		properties: {
			key: { type: ["string", "integer"] },
			slug: { type: "string" },
			previous: { type: ["string", "null"] },
			written: { type: "boolean" },
		},
		required: ["key", "slug", "previous", "written"],
	},
	examples: [{ title: "The slug of article 3", arguments: { collection: "articles", key: 3, from: "title" } }],
	annotations: { readOnly: false, destructive: true, idempotent: true, openWorld: false },

	invoke({ collection, key, from, to = "slug", key_field = "id", dry_run = false }, host) {
		const item = theItem(host, collection, key_field, key, [from, to]);
		const wanted = slugOf(titleOf(item, from));
		if (!wanted) throw ToolError.invalid(`\`${from}\` has no letters that a slug can have.`);

		const alike = { _or: [{ [to]: { _eq: wanted } }, { [to]: { _starts_with: `${wanted}-` } }] };
		const others = host.data.read(collection, {
			fields: [to],
			filter: { _and: [alike, { [key_field]: { _neq: key } }] },
			limit: 1000,
		});
		const slug = untaken(wanted, others.map((other) => other[to]));
		const previous = item[to] ?? null;
		const written = !dry_run && slug !== previous;
		if (written) host.data.update(collection, [key], { [to]: slug });
		return [json({ key, slug, previous, written }), text(told(slug, previous, written))];
	},
};

function theItem(host, collection, keyField, key, fields) {
	const query = { fields, filter: { [keyField]: { _eq: key } }, limit: 1 };
	const [item] = host.data.read(collection, query);
	if (!item) throw new ToolError("invalid", "NO_ITEM", `There is no item ${key} in ${collection} that you can read.`);
	return item;
}

function titleOf(item, field) {
	const title = item[field];
	if (typeof title !== "string" || !title.trim()) throw ToolError.invalid(`\`${field}\` of the item holds no text.`);
	return title;
}

function told(slug, previous, written) {
	if (slug === previous) return `The slug is \`${slug}\` already.`;
	return written ? `The slug is \`${slug}\` now.` : `The slug would be \`${slug}\`. Nothing was written.`;
}
