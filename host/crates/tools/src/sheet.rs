//! The permission sheet: what a component asks for, for people.

use std::fmt::Write;

use crate::{Grant, Manifest, Plugin};

/// What a component asks for and why, and what of it was granted, as text.
pub fn permission_sheet(plugin: &Plugin, granted: Option<&Grant>) -> String {
    let mut sheet = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut sheet, plugin, granted);
    sheet
}

fn write(out: &mut String, plugin: &Plugin, granted: Option<&Grant>) -> std::fmt::Result {
    let loaded = match &plugin.loaded {
        Ok(loaded) => loaded,
        Err(reason) => return writeln!(out, "{}: can't be used. {reason}", plugin.name),
    };
    let Manifest { component, .. } = &loaded.manifest;
    writeln!(out, "{} {} ({})", component.title, component.version, component.name)?;
    writeln!(out, "{}", component.description)?;
    writeln!(out)?;
    writeln!(out, "Tools")?;
    for tool in loaded.component.description() {
        let annotations = tool.annotations;
        let mut says = Vec::new();
        says.push(if annotations.read_only { "changes nothing" } else { "changes things" });
        if annotations.destructive {
            says.push("may overwrite or remove");
        }
        if annotations.open_world {
            says.push("reaches beyond the project");
        }
        writeln!(out, "  {}  {} ({})", tool.name, tool.title, says.join(", "))?;
    }
    writeln!(out)?;
    asks(out, &loaded.manifest, granted)
}

fn asks(out: &mut String, manifest: &Manifest, granted: Option<&Grant>) -> std::fmt::Result {
    writeln!(out, "Asks for")?;
    let mut nothing = true;
    let mut entry = |what: String, reason: &str, is_granted: bool| {
        nothing = false;
        let mark = match granted {
            None => "",
            Some(_) if is_granted => "[granted] ",
            Some(_) => "[not granted] ",
        };
        writeln!(out, "  {mark}{what}\n      {reason}")
    };
    for request in &manifest.data {
        let actions: Vec<_> = request.actions.iter().map(ToString::to_string).collect();
        let collection = match request.collection.as_str() {
            "*" => "any collection".to_owned(),
            name => format!("the collection {name}"),
        };
        let is_granted = granted.is_some_and(|grant| match request.collection.as_str() {
            "*" => !grant.data.is_empty(),
            name => request.actions.iter().all(|action| grant.allows(name, *action)),
        });
        entry(
            format!("{} items of {collection}, as the caller may", actions.join(", ")),
            &request.reason,
            is_granted,
        )?;
    }
    for request in &manifest.http {
        let methods: Vec<_> = request.methods.iter().map(String::as_str).collect();
        let given = granted
            .and_then(|grant| grant.http.iter().find(|granted| granted.name == request.name));
        let origin = given.map_or(request.origin.as_str(), |given| given.origin.as_str());
        entry(
            format!("send {} to {origin} ({})", methods.join(", "), request.name),
            &request.reason,
            given.is_some(),
        )?;
    }
    for request in &manifest.secrets {
        let origins: Vec<_> = request.origins.iter().map(String::as_str).collect();
        let is_granted = granted
            .is_some_and(|grant| grant.secrets.iter().any(|given| given.name == request.name));
        entry(
            format!("send the secret {} to {}, unseen", request.name, origins.join(", ")),
            &request.reason,
            is_granted,
        )?;
    }
    if let Some(kv) = &manifest.kv {
        let is_granted = granted.is_some_and(|grant| grant.kv.is_some());
        let what =
            format!("store up to {} values of {} KiB in all", kv.keys, kv.bytes.div_ceil(1024));
        entry(what, &kv.reason, is_granted)?;
    }
    if let Some(identity) = &manifest.identity {
        let is_granted = granted.is_some_and(|grant| grant.identity.is_some());
        entry("know the ids of who calls".into(), &identity.reason, is_granted)?;
    }
    if nothing {
        writeln!(out, "  nothing")?;
    }
    Ok(())
}
