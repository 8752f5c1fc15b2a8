// Checks arguments against the part of JSON Schema that arguments of tools need: type, enum, properties,
// required, additionalProperties, items, minimum, maximum, minLength, maxLength, minItems, maxItems and
// pattern. Other keywords describe and aren't checked.

/** What is wrong with a value, in words; nothing where it fits. */
export function check(schema, value, place = "") {
	const type = typeOf(value);
	const wanted = [schema.type ?? []].flat();
	const fits = wanted.length === 0 || wanted.includes(type) || (wanted.includes("number") && type === "integer");
	if (!fits) return `${named(place)} is ${article(type)}, not ${wanted.map(article).join(" or ")}`;
	if (schema.enum && !schema.enum.includes(value)) {
		return `${named(place)} has to be one of ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`;
	}
	if (type === "object") return checkObject(schema, value, place);
	if (type === "array") return checkArray(schema, value, place);
	if (type === "string") return checkText(schema, value, place);
	return between(value, schema.minimum, schema.maximum, named(place));
}

function checkObject(schema, value, place) {
	const properties = schema.properties ?? {};
	const within = (name) => (place ? `${place}.${name}` : name);
	const missing = (schema.required ?? []).find((name) => !Object.hasOwn(value, name));
	if (missing !== undefined) return `${named(within(missing))} is missing`;
	for (const [name, one] of Object.entries(value)) {
		const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
		if (!known && schema.additionalProperties === false) return `there is no ${named(within(name))}`;
		const complaint = known && check(known, one, within(name));
		if (complaint) return complaint;
	}
	return undefined;
}

function checkArray(schema, value, place) {
	const complaint = between(value.length, schema.minItems, schema.maxItems, `the length of ${named(place)}`);
	if (complaint || !schema.items) return complaint;
	for (const [index, one] of value.entries()) {
		const complaint = check(schema.items, one, `${place}[${index}]`);
		if (complaint) return complaint;
	}
	return undefined;
}

function checkText(schema, value, place) {
	if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
		return `${named(place)} doesn't match ${schema.pattern}`;
	}
	return between([...value].length, schema.minLength, schema.maxLength, `the length of ${named(place)}`);
}

function between(number, minimum, maximum, what) {
	if (minimum !== undefined && number < minimum) return `${what} is below ${minimum}`;
	if (maximum !== undefined && number > maximum) return `${what} is above ${maximum}`;
	return undefined;
}

function typeOf(value) {
	if (value === null) return "null";
	if (Array.isArray(value)) return "array";
	return Number.isInteger(value) ? "integer" : typeof value;
}

const article = (type) => (/^[aio]/.test(type) ? `an ${type}` : type === "null" ? "null" : `a ${type}`);
const named = (place) => (place ? `\`${place}\`` : "the whole");
