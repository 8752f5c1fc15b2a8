// The tool: counts the words of a text.

import { READ_ONLY, ToolError, json } from "./palisade-tool/index.js";

/** @type {import("./palisade-tool/index.js").Tool<{ collection: string, key: number, field: string }>} */
export const countWords = {
	name: "count_words",
	title: "Count words",
	description: "Counts the words in a text field of an item.",
	inputSchema: {
		type: "object",
		properties: {
			collection: { type: "string", description: "Collection of the item." },
			key: { type: "integer", description: "Key of the item." },
			field: { type: "string", description: "Field with the text." },
		},
		required: ["collection", "key", "field"],
		additionalProperties: false,
	},
	examples: [{ title: "The words of an article", arguments: { collection: "articles", key: 1, field: "body" } }],
	annotations: READ_ONLY,

	invoke({ collection, key, field }, host) {
		const query = { fields: [field], filter: { id: { _eq: key } }, limit: 1 };
		const [item] = host.data.read(collection, query);
		if (!item) throw ToolError.invalid(`There is no item ${key} in ${collection}.`);
		const text = item[field];
		if (typeof text !== "string") throw ToolError.invalid(`\`${field}\` of the item holds no text.`);
		return [json({ words: text.split(/\s+/u).filter(Boolean).length })];
	},
};
