//! What a call of a tool component costs, instance included, and what a hundred of them cost a turn
//! that uses none.
//!
//! Components in other languages are measured where `TOOL_COMPONENTS` names a folder that
//! `tests/plugins/build.sh` has filled: `TOOL_COMPONENTS=FOLDER cargo bench --bench tools`.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use criterion::Criterion;
use palisade_sandbox::{
    CacheOptions, DenyAll, ToolComponent, ToolInvocation, ToolLimits, ToolRuntime,
};
use palisade_state::{KeySource, MasterKey, State};
use palisade_tests::plugins::TestTool;
use palisade_tools::{FolderSource, Grant, Grants, Library, pack};
use tempfile::TempDir;

type Failure = Box<dyn Error>;

/// Components that lie there unused.
const UNUSED: usize = 100;
const WORKSPACE: &str = "main";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tools: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut criterion = Criterion::default().configure_from_args();
    let folder = tempfile::tempdir()?;

    let probe = std::fs::read(TestTool::Probe.module()?)?;
    let say = r#"{"deeds":[{"try":"say","text":"hello"}]}"#;
    measure(&mut criterion, &runtime, &folder, "rust", &pack(&probe, None)?.bytes, say)?;
    for (language, path) in others() {
        // A call with arguments that are refused: all of the runtime, and none of a tool's own work.
        let component = std::fs::read(&path)?;
        measure(&mut criterion, &runtime, &folder, language, &component, "{}")?;
    }

    let (library, state, revision) = runtime.block_on(unused(&folder, &probe))?;
    criterion.bench_function("turn/100 unused tools", |bencher| {
        bencher.to_async(&runtime).iter(|| library.view(&state, WORKSPACE, revision));
    });
    criterion.final_summary();
    Ok(())
}

fn others() -> Vec<(&'static str, PathBuf)> {
    let Some(folder) = std::env::var_os("TOOL_COMPONENTS") else { return Vec::new() };
    let folder = Path::new(&folder);
    let named = [("javascript", "slugify.wasm"), ("python", "csv-report.wasm")];
    named.into_iter().map(|(language, file)| (language, folder.join(file))).collect()
}

/// A component in a runtime that keeps compiled images.
struct Tools {
    runtime: ToolRuntime,
    component: ToolComponent,
}

impl Tools {
    fn load(
        runtime: &tokio::runtime::Runtime,
        folder: &TempDir,
        bytes: &[u8],
    ) -> Result<Self, Failure> {
        let cache = CacheOptions { folder: folder.path().join("images"), key: [1; 32] };
        let tools = ToolRuntime::new(Some(cache), ToolLimits::default())?;
        let component = runtime.block_on(tools.load(bytes.to_vec()))?;
        Ok(Self { runtime: tools, component })
    }

    fn first_tool(&self) -> Result<String, Failure> {
        let tool = self.component.description().first().ok_or("no tool")?;
        Ok(tool.name.clone())
    }
}

fn measure(
    criterion: &mut Criterion,
    runtime: &tokio::runtime::Runtime,
    folder: &TempDir,
    language: &str,
    bytes: &[u8],
    arguments: &str,
) -> Result<(), Failure> {
    let cold = Instant::now();
    drop(Tools::load(runtime, folder, bytes)?);
    let cold = cold.elapsed();
    let cached = Instant::now();
    let tools = Tools::load(runtime, folder, bytes)?;
    let cached = cached.elapsed();
    let tool = tools.first_tool()?;
    let call = || ToolInvocation {
        id: "call".into(),
        tool: tool.clone(),
        arguments: arguments.to_owned(),
    };
    let end = runtime.block_on(tools.runtime.invoke(&tools.component, Arc::new(DenyAll), call()));
    println!(
        "{language}: {} KiB, compiled and described in {cold:.0?}, from the cache in {cached:.0?}; \
         memory of a call {} KiB",
        bytes.len() / 1024,
        end.usage.peak_memory_bytes / 1024
    );
    criterion.bench_function(&format!("call/{language}"), |bencher| {
        bencher
            .to_async(runtime)
            .iter(|| tools.runtime.invoke(&tools.component, Arc::new(DenyAll), call()));
    });
    Ok(())
}

/// A library with a hundred granted components.
async fn unused(folder: &TempDir, module: &[u8]) -> Result<(Library, State, u64), Failure> {
    let key = folder.path().join("master.key");
    MasterKey::create_file(&key)?;
    let url = format!("sqlite://{}", folder.path().join("palisade.db").display());
    let state = State::open(&url, KeySource::File(key)).await?;
    let source = FolderSource::new(folder.path().join("tools"));
    let bytes = pack(module, None)?.bytes;
    for number in 0..UNUSED {
        // The name stands in the manifest, and that wherever the compiler put it: five letters for
        // five.
        let (from, to) = (b"\"probe\"", format!("\"p{number:04}\""));
        let mut bytes = bytes.clone();
        while let Some(at) = bytes.windows(from.len()).position(|it| it == from) {
            bytes.splice(at..at + from.len(), to.bytes());
        }
        source.add(&pack(&bytes, None)?)?;
    }
    let library = Library::new(ToolRuntime::new(None, ToolLimits::default())?, Arc::new(source));
    library.refresh().await?;
    let mut revision = 0;
    for plugin in library.plugins() {
        let grants = Grants::grant(&state, WORKSPACE, &plugin, Grant::default(), None, "bench");
        revision = grants.await?.revision;
    }
    let view = library.view(&state, WORKSPACE, revision).await?;
    match view.len() {
        UNUSED => Ok((library, state, revision)),
        found => Err(format!("{found} tools are there").into()),
    }
}
