//! A page in the browser, and what a person does with it: opens it, presses keys, looks.

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use crate::devtools::{Browser, Trouble};

/// A projector, and the text area of a slide.
pub(crate) const PROJECTOR: (u32, u32) = (1280, 720);
/// A telephone, upright.
pub(crate) const PHONE: (u32, u32) = (390, 844);

/// One tab. It is closed with this value.
pub(crate) struct Page<'a> {
    browser: &'a Browser,
    target: String,
    session: String,
}

impl<'a> Page<'a> {
    /// A new, empty tab of this size in CSS pixels.
    ///
    /// # Errors
    /// The browser does not make it.
    pub(crate) fn new(browser: &'a Browser, size: (u32, u32)) -> Result<Self, Trouble> {
        let made = browser.ask("", "Target.createTarget", &json!({ "url": "about:blank" }))?;
        let target = text(&made["targetId"]);
        let joined = browser.ask("", "Target.attachToTarget", &json!({ "targetId": target, "flatten": true }))?;
        let page = Self { browser, target, session: text(&joined["sessionId"]) };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.ask(&format!("{domain}.enable"), &json!({}))?;
        }
        page.resize(size)?;
        Ok(page)
    }

    /// A command about this tab.
    ///
    /// # Errors
    /// The browser refuses or does not answer.
    pub(crate) fn ask(&self, method: &str, about: &Value) -> Result<Value, Trouble> {
        self.browser.ask(&self.session, method, about)
    }

    /// Changes the size of the window, in CSS pixels.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn resize(&self, (width, height): (u32, u32)) -> Result<(), Trouble> {
        let about = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", &about).map(drop)
    }

    /// What the reader prefers: `("prefers-color-scheme", "dark")`.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn prefers(&self, features: &[(&str, &str)]) -> Result<(), Trouble> {
        let features: Vec<_> = features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.ask("Emulation.setEmulatedMedia", &json!({ "features": features })).map(drop)
    }

    /// Whether pages run their scripts from now on.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn scripts(&self, run: bool) -> Result<(), Trouble> {
        self.ask("Emulation.setScriptExecutionDisabled", &json!({ "value": !run })).map(drop)
    }

    /// Opens a file, with what follows its name in the address, and waits until it is loaded.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) fn open(&self, file: &Path, rest: &str) -> Result<(), Trouble> {
        let url = format!("file://{}{rest}", file.display());
        let gone = self.ask("Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = gone.get("errorText") {
            return Err(format!("{url}: {error}"));
        }
        self.browser.wait(&self.session, "Page.loadEventFired").map(drop)
    }

    /// What an expression of JavaScript is; a promise is waited for.
    ///
    /// # Errors
    /// It throws, or takes too long.
    pub(crate) fn see(&self, expression: &str) -> Result<Value, Trouble> {
        let about = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut seen = self.ask("Runtime.evaluate", &about).map_err(|trouble| format!("{expression}: {trouble}"))?;
        match seen.get("exceptionDetails") {
            Some(wrong) => Err(format!("{expression}: {}", wrong["exception"]["description"])),
            None => Ok(seen["result"]["value"].take()),
        }
    }

    /// Waits until an expression is true, looking at each frame that is painted.
    ///
    /// # Errors
    /// It throws, or never becomes true.
    pub(crate) fn until(&self, condition: &str) -> Result<(), Trouble> {
        let promise = format!(
            "new Promise((done, fail) => {{ const look = () => {{ try {{ if ({condition}) done(true); else \
             requestAnimationFrame(look); }} catch (error) {{ fail(error); }} }}; look(); }})"
        );
        self.see(&promise).map(drop)
    }

    /// Presses and releases a key, as [`KeyboardEvent.key`] names it.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn press(&self, key: &str) -> Result<(), Trouble> {
        let (code, number) = key_of(key);
        let mut about = json!({ "type": "rawKeyDown", "key": key, "code": code, "windowsVirtualKeyCode": number });
        if key.chars().count() == 1 || key == "Enter" {
            about["type"] = "keyDown".into();
            about["text"] = if key == "Enter" { "\r" } else { key }.into();
        }
        self.ask("Input.dispatchKeyEvent", &about)?;
        about["type"] = "keyUp".into();
        self.ask("Input.dispatchKeyEvent", &about).map(drop)
    }

    /// Clicks in the middle of the first element that a selector finds.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn click(&self, selector: &str) -> Result<(), Trouble> {
        let place = self.see(&format!(
            "(() => {{ const element = document.querySelector({selector:?}); element.scrollIntoView({{ block: 'nearest', \
             behavior: 'instant' }}); const {{ x, y, width, height }} = element.getBoundingClientRect(); return [x + width / 2, \
             y + height / 2]; }})()"
        ))?;
        for kind in ["mousePressed", "mouseReleased"] {
            let about = json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", &about)?;
        }
        Ok(())
    }

    /// What is in the window, as a PNG.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn picture(&self) -> Result<Vec<u8>, Trouble> {
        let shot = self.ask("Page.captureScreenshot", &json!({ "format": "png" }))?;
        decoded(&shot["data"])
    }

    /// The page as it is printed, as a PDF on the paper that the page asks for.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn print(&self) -> Result<Vec<u8>, Trouble> {
        let printed = self.ask("Page.printToPDF", &json!({ "preferCSSPageSize": true, "printBackground": true }))?;
        decoded(&printed["data"])
    }

    /// What a page never does: opens a dialog, asks the network for anything, complains. `page` is the file that was opened.
    ///
    /// # Errors
    /// It has done so.
    pub(crate) fn was_quiet(&self) -> Result<(), Trouble> {
        // An answer to this comes after everything that was told before.
        self.ask("Runtime.evaluate", &json!({ "expression": "0" }))?;
        let events = self.browser.events(&self.session);
        let heard: Vec<_> = events.iter().filter_map(|event| noise(&event.method, &event.about)).collect();
        if heard.is_empty() { Ok(()) } else { Err(heard.join("\n")) }
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        // A browser that has gone has closed its pages.
        let _ = self.browser.ask("", "Target.closeTarget", &json!({ "targetId": self.target }));
    }
}

/// What an event says that a quiet page would not.
fn noise(method: &str, about: &Value) -> Option<String> {
    match method {
        "Page.javascriptDialogOpening" => Some(format!("a dialog: {about}")),
        "Runtime.exceptionThrown" => Some(format!("an exception: {}", about["exceptionDetails"])),
        "Runtime.consoleAPICalled" => Some(format!("the console: {about}")),
        "Log.entryAdded" => Some(format!("the log: {}", about["entry"])),
        "Network.requestWillBeSent" => {
            let url = about["request"]["url"].as_str().unwrap_or_default();
            // The page itself, and frames of a test's own page around it.
            let is_document = about["type"] == "Document" && (url.starts_with("file://") || url == "about:blank");
            (!is_document).then(|| format!("a request: {url}"))
        }
        "Network.webSocketCreated" | "Network.webTransportCreated" => Some(format!("a connection: {about}")),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn decoded(data: &Value) -> Result<Vec<u8>, Trouble> {
    BASE64_STANDARD.decode(data.as_str().unwrap_or_default()).map_err(|error| format!("no Base64: {error}"))
}

/// The code and the number of a key, where a page could tell a difference.
fn key_of(key: &str) -> (String, u32) {
    let number = match key {
        "Tab" => 9,
        "Enter" => 13,
        "Escape" => 27,
        " " => return ("Space".into(), 32),
        "PageUp" => 33,
        "PageDown" => 34,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowUp" => 38,
        "ArrowRight" => 39,
        "ArrowDown" => 40,
        letter => {
            let upper = letter.to_ascii_uppercase();
            return (format!("Key{upper}"), upper.chars().next().map_or(0, u32::from));
        }
    };
    (key.to_owned(), number)
}
