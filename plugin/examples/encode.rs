//! Makes a component of the compiled module: `encode MODULE COMPONENT`. `make component` runs it.

use std::{env, error::Error, fs};

use wit_component::ComponentEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = env::args_os().skip(1);
    let (Some(module), Some(component)) = (files.next(), files.next()) else {
        return Err("usage: encode MODULE COMPONENT".into());
    };
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&fs::read(module)?)
        .and_then(|mut encoder| encoder.encode())?;
    fs::write(&component, &encoded)?;
    println!("{}: {} bytes", component.display(), encoded.len());
    Ok(())
}
