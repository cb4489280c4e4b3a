// A student with a telephone: from the mail's link to the code to pay by, scanned from the screen, in three
// taps; in both languages, 360 px wide, with JavaScript and without.
//
//   node tests/browser/student.mjs KWESTURA [FOLDER]
//
// As office.mjs; jsqr, which reads the code as a bank's application does, is found beside the others.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const SCANNER = fs.readFileSync(require.resolve("jsqr/dist/jsQR.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTH = 360;

const kwestura = path.resolve(process.argv[2]);
const folder = process.argv[3] ?? fs.mkdtempSync(path.join(os.tmpdir(), "kwestura-student-"));
fs.mkdirSync(folder, { recursive: true });

const demo = spawn(kwestura, ["demo", "--students", "60", "--out", path.join(folder, "demo")], {
  stdio: ["ignore", "pipe", "inherit"],
});
let link;
for await (const line of readline.createInterface({ input: demo.stdout })) {
  link = line.match(/^http\S+\/link\/\S+/)?.[0];
  if (link) break;
}
assert.ok(link, "the demo prints a student's link");

const browser = await chromium.launch({
  executablePath: process.env.KWESTURA_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const telephone = (locale) => browser.newContext({
  locale, viewport: { width: WIDTH, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
});

/// What a camera before the screen reads.
async function scanned(page) {
  const picture = await page.locator("figure.code").first().screenshot();
  const camera = await (await browser.newContext()).newPage();
  await camera.addScriptTag({ content: SCANNER });
  const read = await camera.evaluate(async (base64) => {
    const picture = new Image();
    picture.src = `data:image/png;base64,${base64}`;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height];
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, picture.width, picture.height);
    return globalThis.jsQR(data, width, height)?.data;
  }, picture.toString("base64"));
  await camera.context().close();
  return read;
}

/// The amount, the day and the number stand on the screen, and the code says the same.
async function ways_to_pay(page, name, words) {
  const main = await page.locator("main").innerText();
  for (const word of words) assert.match(main, word);
  const sum = page.locator(".sum").first();
  const box = await sum.boundingBox();
  assert.ok(box && box.y + box.height < 740, `${name}: the amount is not on the first screen`);
  const [tax, country, number, grosze, , title] = (await scanned(page)).split("|");
  assert.deepEqual([tax, country], ["", "PL"]);
  const digits = (text) => text.replaceAll(/\D/g, "");
  assert.equal(number, digits(await page.locator(".nrb").first().innerText()));
  assert.equal(Number(grosze), Number(digits(await page.locator(".how dd span").nth(2).innerText())));
  const shown = await page.locator(".how dd span").nth(1).innerText();
  assert.equal(title, shown.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim().slice(0, 32).trim());
  const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  assert.equal(over, 0, `${name} is ${over} px too wide`);
  const found = await page.evaluate(`${AXE}; axe.run({ runOnly: ${JSON.stringify(RULES)} })`);
  assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.nodes[0].html}`), []);
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

let failed = false;
try {
  // The link is opened in Polish first, and not used: a program that looks into mails does that, too.
  const polish = await (await telephone("pl")).newPage();
  await polish.goto(link);
  assert.equal(await polish.locator("main button.primary").innerText(), "Zaloguj mnie");

  // The first tap is on the link in the mail, the second on its button; the third opens the camera.
  const page = await (await telephone("en")).newPage();
  await page.goto(link);
  await Promise.all([page.waitForURL(/\/account$/), page.getByRole("button", { name: "Sign me in" }).tap()]);
  await ways_to_pay(page, "student-en", [/To pay/, /our account is credited/]);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Polski" }).tap()]);
  await ways_to_pay(page, "student-pl", [/Do zapłaty/, /naszym rachunku|na nasz rachunek/]);

  // The same session without JavaScript.
  const still = await browser.newContext({ javaScriptEnabled: false, viewport: { width: WIDTH, height: 740 } });
  await still.addCookies(await page.context().cookies());
  const bare = await still.newPage();
  await bare.goto(page.url());
  assert.match(await bare.locator("main").innerText(), /Do zapłaty/);
  assert.equal((await scanned(bare)).split("|")[1], "PL");

  // Whoever has the link now has nothing.
  await Promise.all([polish.waitForEvent("load"), polish.getByRole("button", { name: "Zaloguj mnie" }).tap()]);
  await polish.goto(new URL("/account", link).href);
  assert.match(polish.url(), /\/sign-in/);
  console.log(`ok      from the mail's link to a scanned code in three taps; screenshots in ${folder}`);
} catch (error) {
  failed = true;
  console.log(`FAILED  ${error.stack}; screenshots in ${folder}`);
}
await browser.close();
demo.kill("SIGINT");
process.exit(failed ? 1 : 0);
