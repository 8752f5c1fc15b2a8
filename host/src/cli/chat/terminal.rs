//! What the person at the terminal sees and types.

use std::io::{self, BufRead, IsTerminal, Write};

use serde_json::Value;

use super::message::{WaitingCall, text};

/// An answer to an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypedAnswer {
    /// Yes.
    Approve,
    /// No, with the person's reason.
    Deny(Option<String>),
    /// Yes, and the tool shall always run, as far as the administrator's ceiling lets it.
    Always,
}

/// Prints an answer as it arrives: text to standard output, all else to standard error, so that an
/// answer can be piped on.
#[derive(Debug, Default)]
pub(super) struct Screen {
    in_text: bool,
    dim: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { in_text: false, dim: io::stderr().is_terminal() }
    }

    /// Shows one chunk. Errors of the terminal itself are the caller's: a closed pipe ends the chat.
    pub(super) fn show(&mut self, chunk: &Value, tool: Option<&str>) -> io::Result<()> {
        match text(chunk, "type") {
            "text-delta" => {
                self.in_text = true;
                write_out(text(chunk, "delta"))?;
            }
            "text-end" => self.end_line()?,
            "reasoning-delta" => self.aside(text(chunk, "delta"), "")?,
            "reasoning-end" => self.aside("", "\n")?,
            "tool-input-available" => {
                self.aside(&describe(text(chunk, "toolName"), &chunk["input"]), "\n")?;
            }
            "tool-output-available" => {
                self.aside(&result_line(tool.unwrap_or("tool"), &chunk["output"]), "\n")?;
            }
            "tool-output-error" => self.aside(text(chunk, "errorText"), "\n")?,
            "tool-output-denied" => self.aside("denied", "\n")?,
            _ => {}
        }
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.in_text) {
            write_out("\n")?;
        }
        Ok(())
    }

    fn aside(&mut self, message: &str, end: &str) -> io::Result<()> {
        self.end_line()?;
        let message = printable(message);
        let mut error = io::stderr().lock();
        match self.dim {
            true => write!(error, "\x1b[2m{message}\x1b[0m{end}")?,
            false => write!(error, "{message}{end}")?,
        }
        error.flush()
    }
}

fn write_out(message: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(printable(message).as_bytes())?;
    out.flush()
}

/// Text without the control characters that could move the cursor or recolour the screen: answers
/// and data are not trusted to draw what looks like this program's own questions.
fn printable(message: &str) -> String {
    message
        .chars()
        .filter(|character| matches!(character, '\n' | '\t') || !character.is_control())
        .collect()
}

/// One line that says what a call would do.
pub(super) fn describe(tool: &str, input: &Value) -> String {
    let shown = serde_json::to_string(input).unwrap_or_default();
    format!("→ {tool} {shown}")
}

fn result_line(tool: &str, output: &Value) -> String {
    match output {
        Value::Array(items) if items.len() == 1 => format!("← {tool}: 1 row"),
        Value::Array(items) => format!("← {tool}: {} rows", items.len()),
        _ => format!("← {tool}: done"),
    }
}

/// Asks for an approval. The end of input counts as no.
pub(super) fn ask_approval(call: &WaitingCall, why: Option<&str>) -> io::Result<TypedAnswer> {
    let mut error = io::stderr().lock();
    writeln!(error, "\nThe assistant wants to run {}:", printable(&call.tool))?;
    let arguments = serde_json::to_string_pretty(&call.input).unwrap_or_default();
    writeln!(error, "{}", printable(&arguments))?;
    if let Some(why) = why {
        writeln!(error, "{}", printable(why))?;
    }
    loop {
        write!(error, "Run it? [y]es, [n]o, [a]lways: ")?;
        error.flush()?;
        let Some(line) = read_line()? else {
            writeln!(error)?;
            return Ok(TypedAnswer::Deny(None));
        };
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match word.to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(TypedAnswer::Approve),
            "a" | "always" => return Ok(TypedAnswer::Always),
            "n" | "no" => {
                let reason = Some(rest.trim()).filter(|reason| !reason.is_empty());
                return Ok(TypedAnswer::Deny(reason.map(String::from)));
            }
            _ => {}
        }
    }
}

/// Asks the question of an `ask_user` call. None at the end of input.
pub(super) fn ask_question(input: &Value) -> io::Result<Option<String>> {
    let mut error = io::stderr().lock();
    writeln!(error, "\n{}", printable(text(input, "question")))?;
    let options: Vec<&str> =
        input["options"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (number, option) in options.iter().enumerate() {
        writeln!(error, "  {}. {}", number + 1, printable(option))?;
    }
    write!(error, "> ")?;
    error.flush()?;
    let Some(line) = read_line()? else { return Ok(None) };
    let line = line.trim();
    let chosen = line.parse::<usize>().ok().and_then(|number| options.get(number.wrapping_sub(1)));
    Ok(Some(chosen.map_or_else(|| line.to_owned(), |option| (*option).to_owned())))
}

/// Reads a line of standard input. None at its end.
pub(super) fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let bytes = io::stdin().lock().read_line(&mut line)?;
    Ok((bytes > 0).then_some(line))
}
