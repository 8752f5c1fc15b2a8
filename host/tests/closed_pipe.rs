//! A reader that goes away, as in `palisade … | head`, ends a command in good order.

use std::{
    io::Read,
    path::Path,
    process::{Command, Stdio},
};

fn palisade(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
    command.current_dir(data_dir).arg("--data-dir").arg(data_dir);
    command
}

#[test]
fn a_closed_standard_output_is_no_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = palisade(folder.path()).args(["project", "init", "--sample", "newsroom"]).output();
    assert!(made.expect("it runs").status.success());
    for arguments in [&["project", "show"][..], &["doctor"]] {
        let mut child = palisade(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        drop(child.stdout.take());
        let mut errors = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut errors).expect("UTF-8");
        assert!(child.wait().expect("it ends").success(), "{arguments:?}: {errors}");
        assert_eq!(errors, "", "{arguments:?}");
    }
}
