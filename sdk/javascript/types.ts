// What the types allow, and what they don't: checked by the compiler, never run.

import { type Tool, READ_ONLY, ToolError, component, json, run } from "./palisade-tool/index.js";

const greet: Tool<{ name: string }> = {
	name: "greet",
	title: "Greet",
	description: "Greets somebody.",
	inputSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
	annotations: READ_ONLY,
	invoke({ name }, host) {
		const [person] = host.data.read("people", { filter: { name: { _eq: name } } });
		if (!person) throw ToolError.invalid("Nobody.");
		host.progress.report("Greeting");
		const response = host.http.send({ url: "{origin:a}/", headers: { accept: "text/plain" } });
		return [json([person.name, response.text()])];
	},
};

export const tools = component([greet], { data: {} });
run(greet, { name: "Ada" }, {});

// @ts-expect-error: no such kind of error
new ToolError("forbidden", "X", "x");
// @ts-expect-error: a tool answers at once
const late: Tool = { ...greet, invoke: async () => [] };
// @ts-expect-error: an answer is a list of parts
const bare: Tool = { ...greet, invoke: () => "text" };
// @ts-expect-error: a method of its own isn't one of HTTP's
greet.invoke = (_, host) => [json(host.http.send({ url: "a", method: "FETCH" }))];
export { bare, late };
