// Files to look at, and files from the web: what is bounded, and what may be reached.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, crc32 } from "node:zlib";

import { upload } from "../cases/files.mjs";
import { nextMark } from "../compare.mjs";
import { SEEING_MODEL } from "../host.mjs";
import { TOKENS } from "../world.mjs";

/** A PNG of one colour, written here so that its size is known. */
function png(side) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((side + 1) * side);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** Width of a PNG or JPEG as the model gets it. */
const pngWidth = (bytes) => bytes.readUInt32BE(16);

/** Registers the tests. `world()` is what was started. */
export default function media(world) {
  const uploaded = (file) => upload({ mark: nextMark(), world: world().world }, file);
  const look = (id, options) => world().turns(TOKENS.editor).call("assets", { id }, { model: SEEING_MODEL, ...options });
  /** The images that the model was shown last. */
  const shown = async () => {
    const { body } = (await world().fake.requests()).at(-1);
    return [...JSON.stringify(body.messages).matchAll(/data:(image\/[a-z]+);base64,([A-Za-z0-9+/=]+)/g)].map(([, type, base64]) => ({ type, bytes: Buffer.from(base64, "base64") }));
  };

  test("a model that looks at images is shown the very file", async () => {
    const content = png(40);
    const { id } = await uploaded({ content, type: "image/png", name: "small.png" });
    const { data, asked } = await look(id);
    assert.equal(asked, false);
    assert.deepEqual(data.map(({ id: of, type, bytes }) => ({ of, type, bytes })), [{ of: id, type: "image/png", bytes: content.length }]);
    const [image, ...others] = await shown();
    assert.deepEqual(others, []);
    assert.ok(content.equals(image.bytes), "the bytes are the file's");
  });
  test("a large image is made smaller", async () => {
    const { id } = await uploaded({ content: png(3000), type: "image/png", name: "large.png" });
    const { data, error } = await look(id);
    assert.equal(error, undefined);
    const [image] = await shown();
    assert.equal(image.bytes.length, data[0].bytes);
    assert.equal(pngWidth(image.bytes), 1024);
  });
  test("a file that has too many bytes is refused", async () => {
    const { id } = await uploaded({ content: Buffer.alloc(4 * 1024 * 1024, 7), type: "audio/mpeg", name: "long.mp3" });
    assert.match((await look(id)).error, /^RESULT_TOO_LARGE:/);
    assert.deepEqual(await shown(), []);
  });
  test("a file that is neither image nor sound is refused", async () => {
    const { id } = await uploaded({});
    assert.match((await look(id)).error, /^UNSUPPORTED_MEDIA_TYPE:/);
  });
  test("a file that doesn't exist is refused as Directus refuses it", async () => {
    assert.match((await look("3f6a6c62-0000-4000-8000-000000000000")).error, /^FORBIDDEN:/);
  });
  test("an id that is a path doesn't reach another route", async () => {
    assert.match((await look("../users/me")).error, /^(FORBIDDEN|INVALID_PAYLOAD|ROUTE_NOT_FOUND):/);
  });
  test("a model that reads text alone can't look", async () => {
    const { id } = await uploaded({ content: png(40), type: "image/png", name: "small.png" });
    const { data, error } = await look(id, { model: "scripted" });
    assert.equal(data, undefined);
    assert.match(error, /There is no tool "assets"|TOOL_DISABLED/);
    assert.deepEqual(await shown(), []);
  });

  const importing = (url) => world().turns(TOKENS.admin).call("files", { action: "import", data: [{ url }] });
  test("an import from a private address that isn't allowed reads as one from a name that doesn't exist", async () => {
    const { refused } = world();
    const missing = await importing("http://no-such-name.invalid/a.txt");
    assert.match(missing.error, /^IMPORT_FAILED:/);
    for (const url of [`${refused.url}/a.txt`, refused.url.replace("127.0.0.1", "localhost"), refused.url.replace("127.0.0.1", "[::ffff:127.0.0.1]"), "http://169.254.169.254/latest/meta-data"]) {
      const { error } = await importing(url);
      assert.equal(error, missing.error, url);
    }
    assert.deepEqual(refused.seen, [], "nothing was asked there");
  });
  test("an import that is redirected to an address that isn't allowed is refused with the same words", async () => {
    const { allowed, refused } = world();
    const missing = await importing("http://no-such-name.invalid/a.txt");
    const { error } = await importing(`${allowed.url}/redirect?to=${encodeURIComponent(`${refused.url}/b.txt`)}`);
    assert.equal(error, missing.error);
    assert.deepEqual(refused.seen, []);
  });
  test("an import of what is no web address is refused", async () => {
    for (const url of ["file:///etc/passwd", "ftp://a.example/b"]) {
      const { error, data } = await importing(url);
      assert.equal(data, undefined, url);
      assert.ok(error, url);
    }
  });
  test("Directus's own address isn't reachable by an import", async () => {
    const { directus } = world();
    const missing = await importing("http://no-such-name.invalid/a.txt");
    assert.equal((await importing(`${directus.url}/server/ping`)).error, missing.error);
  });
}
