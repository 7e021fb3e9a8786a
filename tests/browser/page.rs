//! A page in the browser, and what a person does with it: opens it, presses keys, looks.

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use thirtyfour::cdp::domains::emulation::{MediaFeature, SetDeviceMetricsOverride, SetEmulatedMedia};
use thirtyfour::cdp::domains::runtime::Evaluate;
use thirtyfour::{By, Key};

use crate::driver::{Browser, CONSOLE, EVENTS, Trouble};

/// A projector, and the text area of a slide.
pub(crate) const PROJECTOR: (u32, u32) = (1280, 720);
/// A telephone, upright.
pub(crate) const PHONE: (u32, u32) = (390, 844);

/// How long a page may take until it shows what is expected, in milliseconds.
const PATIENCE_MS: u32 = 30_000;

/// The browser's tab. Each page has a new one, which takes the place of the one before.
pub(crate) struct Page<'a> {
    browser: &'a Browser,
}

impl<'a> Page<'a> {
    /// A new, empty tab of this size in CSS pixels.
    ///
    /// # Errors
    /// The browser does not make it.
    pub(crate) fn new(browser: &'a Browser, size: (u32, u32)) -> Result<Self, Trouble> {
        browser.fresh_tab()?;
        let page = Self { browser };
        page.resize(size)?;
        Ok(page)
    }

    /// A command of the `DevTools` protocol about this tab, and the answer.
    ///
    /// # Errors
    /// The browser refuses or does not answer.
    pub(crate) fn ask(&self, method: &str, about: &Value) -> Result<Value, Trouble> {
        self.browser.wait(async |driver| driver.cdp().send_raw(method, about).await)
    }

    /// Changes the size of the window, in CSS pixels.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn resize(&self, (width, height): (u32, u32)) -> Result<(), Trouble> {
        let (mobile, device_scale_factor) = (false, 1.0);
        let (scale, screen_orientation) = (None, None);
        let metrics =
            SetDeviceMetricsOverride { width, height, device_scale_factor, mobile, scale, screen_orientation };
        self.browser.wait(async |driver| driver.cdp().send(metrics).await).map(drop)
    }

    /// What the reader prefers: `("prefers-color-scheme", "dark")`.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn prefers(&self, features: &[(&str, &str)]) -> Result<(), Trouble> {
        let feature = |&(name, value): &(&str, &str)| MediaFeature { name: name.into(), value: value.into() };
        let media = SetEmulatedMedia { media: None, features: Some(features.iter().map(feature).collect()) };
        self.browser.wait(async |driver| driver.cdp().send(media).await).map(drop)
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
        self.browser.wait(async |driver| driver.goto(&*url).await).map_err(|trouble| format!("{url}: {trouble}"))
    }

    /// Opens once more what is open, and waits until it is loaded.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) fn reload(&self) -> Result<(), Trouble> {
        self.browser.wait(async |driver| driver.refresh().await)
    }

    /// What an expression of JavaScript is; a promise is waited for.
    ///
    /// # Errors
    /// It throws, or takes too long.
    pub(crate) fn see(&self, expression: &str) -> Result<Value, Trouble> {
        let mut evaluate = Evaluate::new(expression);
        evaluate.return_by_value = Some(true);
        evaluate.await_promise = Some(true);
        let about = |what: &str| format!("{}: {what}", expression.chars().take(400).collect::<String>());
        let seen = self.browser.wait(async |driver| driver.cdp().send(evaluate).await);
        let seen = seen.map_err(|trouble| about(&trouble))?;
        match seen.exception_details {
            Some(wrong) => Err(about(&wrong.exception.and_then(|thrown| thrown.description).unwrap_or(wrong.text))),
            None => Ok(seen.result.value.unwrap_or_default()),
        }
    }

    /// Waits until an expression is true, looking at each frame that is painted.
    ///
    /// # Errors
    /// It throws, or never becomes true.
    pub(crate) fn until(&self, condition: &str) -> Result<(), Trouble> {
        let promise = format!(
            "new Promise((done, fail) => {{ const end = performance.now() + {PATIENCE_MS}; const look = () => {{ try {{ if \
             ({condition}) done(true); else if (performance.now() > end) fail(new Error('that is never so')); else \
             requestAnimationFrame(look); }} catch (error) {{ fail(error); }} }}; look(); }})"
        );
        self.see(&promise).map(drop)
    }

    /// Presses and releases a key, as [`KeyboardEvent.key`] names it.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn press(&self, key: &str) -> Result<(), Trouble> {
        let named = [
            ("Tab", Key::Tab),
            ("Enter", Key::Return),
            ("Escape", Key::Escape),
            ("PageUp", Key::PageUp),
            ("PageDown", Key::PageDown),
            ("End", Key::End),
            ("Home", Key::Home),
            ("ArrowLeft", Key::Left),
            ("ArrowUp", Key::Up),
            ("ArrowRight", Key::Right),
            ("ArrowDown", Key::Down),
        ];
        let letter = key.parse::<char>();
        let code = named.into_iter().find(|(name, _)| *name == key).map_or(letter, |(_, key)| Ok(key.value()));
        let code = code.map_err(|_| format!("a page is not told of a key {key:?} by these tests"))?;
        self.write(&code.to_string())
    }

    /// Presses and releases the keys of a text.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn write(&self, text: &str) -> Result<(), Trouble> {
        self.browser.wait(async |driver| driver.action_chain().send_keys(text).perform().await)
    }

    /// Clicks in the middle of the first element that a selector finds.
    ///
    /// # Errors
    /// There is none, or another one is in front of it.
    pub(crate) fn click(&self, selector: &str) -> Result<(), Trouble> {
        let clicked = self.browser.wait(async |driver| driver.find(By::Css(selector)).await?.click().await);
        clicked.map_err(|trouble| format!("{selector}: {trouble}"))
    }

    /// What is in the window, as a PNG.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn picture(&self) -> Result<Vec<u8>, Trouble> {
        self.browser.wait(async |driver| driver.screenshot_as_png().await)
    }

    /// The page as it is printed, as a PDF on the paper that the page asks for.
    ///
    /// # Errors
    /// The browser refuses.
    pub(crate) fn print(&self) -> Result<Vec<u8>, Trouble> {
        let printed = self.ask("Page.printToPDF", &json!({ "preferCSSPageSize": true, "printBackground": true }))?;
        let data = printed["data"].as_str().unwrap_or_default();
        BASE64_STANDARD.decode(data).map_err(|error| format!("no Base64: {error}"))
    }

    /// What a page never does: opens a dialog, asks the network for anything, complains.
    ///
    /// # Errors
    /// It has done so.
    pub(crate) fn was_quiet(&self) -> Result<(), Trouble> {
        let heard = self.noises()?;
        if heard.is_empty() { Ok(()) } else { Err(heard.join("\n")) }
    }

    /// What the page has done until now that a quiet one never does, in words.
    ///
    /// # Errors
    /// The browser does not say.
    pub(crate) fn noises(&self) -> Result<Vec<String>, Trouble> {
        let told =
            self.browser.wait(async |driver| Ok((driver.get_log(EVENTS).await?, driver.get_log(CONSOLE).await?)));
        let (events, console) = told?;
        let mut heard = Vec::new();
        for entry in events {
            let told: Value = serde_json::from_str(&entry.message).map_err(|error| format!("{error} in {entry:?}"))?;
            let event = &told["message"];
            heard.extend(noise(event["method"].as_str().unwrap_or_default(), &event["params"]));
        }
        heard.extend(console.iter().map(|entry| format!("the console: {}: {}", entry.level, entry.message)));
        Ok(heard)
    }
}

/// What an event says that a quiet page would not.
fn noise(method: &str, about: &Value) -> Option<String> {
    match method {
        "Page.javascriptDialogOpening" => Some(format!("a dialog: {about}")),
        "Page.windowOpen" => Some(format!("a window: {about}")),
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
