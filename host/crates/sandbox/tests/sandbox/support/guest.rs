//! Small assistant components, written in WebAssembly text.
//!
//! Each has two halves: a request without context gets a friendly answer, one with a context runs the
//! `script` under test. So a hostile turn and its neighbour share one component and one sandbox. The
//! question for an object gets a friendly answer without a limit on tokens, and the script with one.
//!
//! Addresses below 1024 are scratch space; static data follows; allocations of the host start at 64 KiB.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Bytes of one chunk in a list: the case, and the largest payload (`tool-input-error`).
const CHUNK_BYTES: usize = 52;

/// Where static data starts.
const DATA: u32 = 1024;

/// A place in the guest's memory: address and length.
#[derive(Clone, Copy)]
pub(crate) struct Place(pub(crate) u32, pub(crate) u32);

impl Place {
    /// As two operands.
    pub(crate) fn operands(self) -> String {
        format!("(i32.const {}) (i32.const {})", self.0, self.1)
    }
}

/// A chunk to emit.
pub(crate) enum Chunk<'a> {
    Start,
    TextStart(&'a str),
    TextDelta(&'a str, &'a str),
    TextEnd(&'a str),
    Finish,
    Error(&'a str),
    Other(&'a str),
}

/// A guest under construction.
#[derive(Default)]
pub(crate) struct Guest {
    data: Vec<u8>,
    imports: String,
    extra: String,
    tools: String,
}

impl Guest {
    /// A string in static memory.
    pub(crate) fn text(&mut self, text: &str) -> Place {
        self.bytes(text.as_bytes())
    }

    /// Bytes in static memory, aligned to 8.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Place {
        self.data.resize(self.data.len().next_multiple_of(8), 0);
        let place = Place(DATA + u32::try_from(self.data.len()).unwrap(), bytes.len() as u32);
        self.data.extend_from_slice(bytes);
        place
    }

    /// A list of chunks in static memory: address and number of chunks.
    pub(crate) fn chunks(&mut self, chunks: &[Chunk<'_>]) -> Place {
        let mut list = Vec::new();
        for chunk in chunks {
            let mut bytes = [0_u8; CHUNK_BYTES];
            let (case, texts): (u8, Vec<&str>) = match chunk {
                Chunk::Start => (0, vec![]),
                Chunk::TextStart(id) => (2, vec![id]),
                Chunk::TextDelta(id, text) => (3, vec![id, text]),
                Chunk::TextEnd(id) => (4, vec![id]),
                Chunk::Finish => (19, vec![]),
                Chunk::Error(text) => (20, vec![text]),
                Chunk::Other(json) => (21, vec![json]),
            };
            bytes[0] = case;
            for (index, text) in texts.into_iter().enumerate() {
                let Place(address, length) = self.text(text);
                bytes[4 + index * 8..][..4].copy_from_slice(&address.to_le_bytes());
                bytes[8 + index * 8..][..4].copy_from_slice(&length.to_le_bytes());
            }
            list.extend_from_slice(&bytes);
        }
        Place(self.bytes(&list).0, chunks.len() as u32)
    }

    /// A call of `emit` with these chunks.
    pub(crate) fn emit(&mut self, chunks: &[Chunk<'_>]) -> String {
        format!("(call $emit {})", self.chunks(chunks).operands())
    }

    /// A guest and a call of `authorise` with a list of `count` tool calls; its result is at address 0.
    pub(crate) fn authorising(count: usize) -> (Self, String) {
        let mut guest = Self::default();
        let mut list = Vec::new();
        for _ in 0..count {
            for text in ["call-1", "schema", "{}"] {
                let Place(address, length) = guest.text(text);
                list.extend_from_slice(&address.to_le_bytes());
                list.extend_from_slice(&length.to_le_bytes());
            }
        }
        let Place(calls, _) = guest.bytes(&list);
        let call =
            format!("(call $authorise (i32.const {calls}) (i32.const {count}) (i32.const 0))");
        (guest, call)
    }

    /// Further imports of the module.
    pub(crate) fn with_imports(mut self, imports: &str) -> Self {
        self.imports.push_str(imports);
        self
    }

    /// Further definitions of the module.
    pub(crate) fn with(mut self, definitions: &str) -> Self {
        self.extra.push_str(definitions);
        self
    }

    /// Instructions that `tools` begins with.
    pub(crate) fn with_tools(mut self, instructions: &str) -> Self {
        self.tools.push_str(instructions);
        self
    }

    /// A script that returns an error of the kind `unavailable`.
    pub(crate) fn failing(&mut self, code: &str, message: &str) -> String {
        let (code, message) = (self.text(code), self.text(message));
        format!(
            "(i32.store (i32.const 512) (i32.const 1))
             (i32.store (i32.const 516) (i32.const 2))
             (i32.store (i32.const 520) (i32.const {})) (i32.store (i32.const 524) (i32.const {}))
             (i32.store (i32.const 528) (i32.const {})) (i32.store (i32.const 532) (i32.const {}))
             (i32.const 512)",
            code.0, code.1, message.0, message.1,
        )
    }

    /// The component. `script` leaves the address of a `result<_, error>` on the stack.
    pub(crate) fn build(self, script: &str) -> Vec<u8> {
        self.build_edited(script, str::to_owned)
    }

    /// The component, built after a change to the texts of the WIT packages and of the module.
    pub(crate) fn build_edited(self, script: &str, edit: impl Fn(&str) -> String) -> Vec<u8> {
        encode(&wit(&edit), &edit(&self.module(script)))
    }

    fn module(mut self, script: &str) -> String {
        let friendly = self.emit(&[
            Chunk::Start,
            Chunk::TextStart("t"),
            Chunk::TextDelta("t", "Hello"),
            Chunk::TextEnd("t"),
            Chunk::Finish,
        ]);
        let friendly_object =
            self.emit(&[Chunk::Start, Chunk::TextDelta("t", r#"{"answer":1}"#), Chunk::Finish]);
        let Self { data, imports, extra, tools } = self;
        assert!(data.len() < 60_000, "static data would meet the allocations");
        let data: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!(
            r#"(module
  (import "palisade:host/ui@0.1.0" "emit" (func $emit (param i32 i32)))
  (import "palisade:host/ui@0.1.0" "emit-outcome" (func $emit_outcome (param i32 i32 i32)))
  (import "palisade:host/log@0.1.0" "log" (func $log (param i32 i32 i32)))
  (import "palisade:host/clock@0.1.0" "monotonic-now" (func $monotonic_now (result i64)))
  (import "palisade:host/policy@0.1.0" "authorise" (func $authorise (param i32 i32 i32)))
  (import "palisade:host/policy@0.1.0" "[resource-drop]grant" (func $drop_grant (param i32)))
  (import "palisade:host/data@0.1.0" "execute-all" (func $execute_all (param i32 i32 i32)))
  (import "palisade:host/data@0.1.0" "[method]outcome.excerpt" (func $excerpt (param i32 i32 i32)))
  (import "palisade:host/data@0.1.0" "[resource-drop]outcome" (func $drop_outcome (param i32)))
  (import "palisade:host/provider@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32 i32 i32)))
  (import "palisade:host/provider@0.1.0" "[method]response.report-usage"
    (func $report_usage (param i32 i64 i64 i64 i64 i64)))
  (import "palisade:host/provider@0.1.0" "[method]response.read" (func $read (param i32 i32 i32)))
  {imports}
  (memory (export "memory") 2)
  (table $table 1 funcref)
  (data (i32.const {DATA}) "{data}")
  (global $heap (mut i32) (i32.const 65536))
  {extra}
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $address i32)
    (local.set $address
      (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $address) (local.get 3)))
    (block $fits
      (loop $grow
        (br_if $fits
          (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
        (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (unreachable))
    (local.get $address))
  (func $script (result i32) (local $handle i32) {script})
  (func (export "palisade:assistant/assistant@0.1.0#tools") (result i32) {tools} (i32.const 0))
  (func (export "palisade:assistant/assistant@0.1.0#run")
    (param i32 i32 i32 i32) (param $context i32) (param i32 i32) (result i32)
    (if (local.get $context) (then (return (call $script))))
    {friendly}
    (i32.const 0))
  (func (export "palisade:assistant/assistant@0.1.0#object")
    (param i32 i32 i32 i32) (param $limited i32) (param i32) (result i32)
    (if (local.get $limited) (then (return (call $script))))
    {friendly_object}
    (i32.const 0))
)"#
        )
    }
}

/// The WIT packages of the repository.
pub(crate) fn wit_folder() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().map(|folder| folder.join("wit")).find(|wit| wit.is_dir()).unwrap()
}

fn wit(edit: impl Fn(&str) -> String) -> Resolve {
    let folder = TempDir::new().unwrap();
    let mut resolve = Resolve::default();
    for package in ["host", "assistant"] {
        let copy = folder.path().join(package);
        fs::create_dir(&copy).unwrap();
        for file in fs::read_dir(wit_folder().join(package)).unwrap() {
            let file = file.unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            fs::write(copy.join(file.file_name()), edit(&text)).unwrap();
        }
        resolve.push_path(copy).unwrap();
    }
    resolve
}

fn encode(resolve: &Resolve, module: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let (_, package) =
        resolve.packages.iter().find(|(_, package)| package.name.name == "assistant").unwrap();
    let world = package.worlds["assistant-component"];
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// Ends a script with `ok`.
pub(crate) trait AddOk {
    fn add_ok(&self) -> String;
}

impl AddOk for String {
    fn add_ok(&self) -> String {
        format!("{self} (i64.store (i32.const 512) (i64.const 0)) (i32.const 512)")
    }
}
