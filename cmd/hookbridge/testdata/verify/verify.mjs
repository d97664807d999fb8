// Verifies captured webhooks with the libraries beside this file: node verify.mjs FILE, where FILE holds a JSON
// list of { scheme, key, method, url, headers, body } with the body in base64. A library takes those of its
// scheme: each must be accepted as it is, and refused with another body and with another key. It prints a line
// for each library.
import { createHash, createPublicKey, generateKeyPairSync, verify as verifyBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { verify as verifyGitHub } from "@octokit/webhooks-methods";
import { HTTP } from "cloudevents";
import { createVerifier, httpbis } from "http-message-signatures";
import { Webhook as Standard } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as Svix } from "svix";

const captured = JSON.parse(readFileSync(process.argv[2])).map((webhook) => {
  const bytes = Buffer.from(webhook.body, "base64");
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes)) {
    throw new Error(`${webhook.headers["Webhook-Id"]}: the body is no UTF-8`);
  }
  JSON.parse(text);
  return { ...webhook, body: text };
});

// Runs a verifier that throws an error of this name, or says false, where it refuses.
async function accepts(name, verify) {
  try {
    return (await verify()) !== false;
  } catch (error) {
    if (error.name !== name && error.constructor.name !== name) {
      throw error;
    }
    return false;
  }
}

// The Ed25519 key after whpk_, in the DER form that node reads.
function publicKey(text) {
  const raw = Buffer.from(text.replace(/^whpk_/, ""), "base64");
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

// No library knows version v1a: this is its specification, with node's own crypto.
function verifyV1a({ key, headers, body }) {
  const signed = Buffer.from(`${headers["Webhook-Id"]}.${headers["Webhook-Timestamp"]}.${body}`);
  return headers["Webhook-Signature"]
    .split(" ")
    .filter((one) => one.startsWith("v1a,"))
    .some((one) => verifyBytes(null, signed, publicKey(key), Buffer.from(one.slice(4), "base64")));
}

// The library verifies the signature, and leaves the digest to who uses it.
async function verifyMessage({ key, method, url, headers, body }) {
  const digest = createHash("sha256").update(body).digest("base64");
  const open = key.startsWith("whpk_");
  const verify = open
    ? createVerifier(publicKey(key), "ed25519")
    : createVerifier(Buffer.from(key.replace(/^whsec_/, ""), "base64"), "hmac-sha256");
  const keys = { k1: { id: "k1", algs: [open ? "ed25519" : "hmac-sha256"], verify } };
  const verdict = await httpbis.verifyMessage(
    {
      keyLookup: async ({ keyid }) => keys[keyid],
      requiredFields: ["@method", "@target-uri", "content-digest", "webhook-id"],
      requiredParams: ["created", "keyid", "alg"],
      maxAge: 300,
      tolerance: 5,
    },
    { method, url, headers },
  );
  return verdict && headers["Content-Digest"] === `sha-256=:${digest}:`;
}

// An event must say what its receiver needs of it, in both modes; its data are what the sink would send.
function readCloudEvent({ headers, body }) {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const event = HTTP.toEvent({ headers: lower, body });
  event.validate();
  if (event.id !== lower["webhook-id"] || !event.source.startsWith("/hookbridge/") || !event.data || !event.time) {
    throw new Error(`an event without what it needs: ${JSON.stringify(event)}`);
  }
  return event.data.source === event.source.slice("/hookbridge/".length) || Boolean(event.data.text);
}

const verifiers = [
  ["standardwebhooks", "standard", "WebhookVerificationError", ({ key, headers, body }) => void new Standard(key).verify(body, headers)],
  ["svix", "standard", "WebhookVerificationError", ({ key, headers, body }) => void new Svix(key).verify(body, headers)],
  ["node:crypto", "ed25519", "", verifyV1a],
  ["@octokit/webhooks-methods", "github", "", ({ key, headers, body }) => verifyGitHub(key, body, headers["X-Hub-Signature-256"])],
  ["stripe", "stripe", "StripeSignatureVerificationError", ({ key, headers, body }) => void Stripe.webhooks.constructEvent(body, headers["Stripe-Signature"], key)],
  ["http-message-signatures", "http_message", "", verifyMessage],
];
// Keys that signed nothing.
const stranger = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x;
const foreign = {
  whsec_: `whsec_${Buffer.alloc(32, "x").toString("base64")}`,
  whpk_: `whpk_${Buffer.from(stranger, "base64url").toString("base64")}`,
};
const another = (key) => foreign[key.replace(/(?<=_).*/, "")] ?? "another secret";

for (const [library, scheme, name, verify] of verifiers) {
  let accepted = 0, tampered = 0, others = 0;
  for (const webhook of captured.filter((one) => one.scheme === scheme)) {
    accepted += await accepts(name, () => verify(webhook));
    tampered += !(await accepts(name, () => verify({ ...webhook, body: webhook.body.replace(/.}$/, "?}") })));
    others += !(await accepts(name, () => verify({ ...webhook, key: another(webhook.key) })));
  }
  console.log(`${library}${version(library)}: ${accepted} accepted, ${tampered} tampered and ${others} foreign refused`);
}

let events = 0;
for (const webhook of captured.filter((one) => one.scheme === "cloudevents")) {
  events += await accepts("", () => readCloudEvent(webhook));
}
console.log(`cloudevents${version("cloudevents")}: ${events} accepted`);

function version(library) {
  if (library.startsWith("node:")) {
    return "";
  }
  const file = new URL(`node_modules/${library}/package.json`, import.meta.url);
  return ` ${JSON.parse(readFileSync(file)).version}`;
}
