import { Notice } from "../../components/notice.tsx";
import { checkProof, type Outcome, type Proof, type Step, verdict } from "./check-proof.ts";
import { PublicKeyForm, publicKeys } from "./public-key.tsx";

const TITLES: Readonly<Record<Step["name"], string>> = {
  request: "The call",
  entry: "From the entry to its hash",
  personal: "Address and user agent",
  path: "From the hash to the seal",
  seals: "From seal to seal",
  checkpoint: "From the last seal to the checkpoint",
  signature: "The checkpoint's signature",
};

const OUTCOMES: Readonly<Record<Outcome, readonly [kind: string, text: string]>> = {
  valid: ["good", "Valid"],
  invalid: ["bad", "Invalid"],
  unchecked: ["warn", "Not checked"],
};

/** Each step of a proof, with what the browser computed, and what the steps do not show. */
export function ProofSteps({ proof, requestId }: { proof: Proof; requestId: string }) {
  const steps = checkProof(proof, { requestId, publicKeys: publicKeys.value });
  return (
    <section class="stack" aria-label="Proof">
      <Verdict steps={steps} />
      <ol class="proof-steps">
        {steps.map((step) => (
          <li key={step.name}>
            <StepRow step={step} />
          </li>
        ))}
      </ol>
      <PublicKeyForm />
      <p class="hint">
        This page computed the hashes above from the entry, but it came from the same server as the proof. To
        depend on neither, save the proof and run <code>weir audit prove</code> on a computer of your own. A
        proof does not show that no other call is missing: the verification of the log does.
      </p>
    </section>
  );
}

function Verdict({ steps }: { steps: readonly Step[] }) {
  const names = (outcome: Outcome): string =>
    steps
      .filter((step) => step.outcome === outcome)
      .map(({ name }) => TITLES[name].toLowerCase())
      .join("; ");
  if (verdict(steps) === "invalid")
    return (
      <Notice kind="error" title="Invalid: the log does not prove this entry">
        <p>What is wrong: {names("invalid")}.</p>
      </Notice>
    );
  const unchecked = names("unchecked");
  return unchecked === "" ? (
    <Notice kind="info" title="Valid: the entry is in the log as it was written">
      <p>All steps were checked, up to the signature of a checkpoint.</p>
    </Notice>
  ) : (
    <Notice kind="info" title="Valid as far as it was checked">
      <p>Not checked: {unchecked}.</p>
    </Notice>
  );
}

function StepRow({ step: { name, outcome, detail, hashes } }: { step: Step }) {
  const [kind, text] = OUTCOMES[outcome];
  return (
    <>
      <p class="proof-step">
        <span class={`status ${kind}`}>{text}</span> <strong>{TITLES[name]}</strong>
      </p>
      <p>{detail}</p>
      {hashes && (
        <details open={outcome === "invalid"}>
          <summary>Hashes</summary>
          <dl class="key-values">
            <dt>Computed here</dt>
            <dd>
              <code>{hashes.computed}</code>
            </dd>
            <dt>In the proof</dt>
            <dd>
              <code>{hashes.stated}</code>
            </dd>
          </dl>
        </details>
      )}
    </>
  );
}
