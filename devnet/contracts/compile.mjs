// Compiles src/*.sol and writes one artifact ({abi, bytecode, deployedBytecode}) for each contract into the given folder,
// together with the compiled Safe artifacts of @safe-global/safe-contracts.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import solc from "solc";

const SAFE_ARTIFACTS = "node_modules/@safe-global/safe-contracts/build/artifacts/contracts";
const SAFE_CONTRACTS = [
  "Safe.sol/Safe",
  "proxies/SafeProxyFactory.sol/SafeProxyFactory",
  "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
  "libraries/CreateCall.sol/CreateCall",
  "libraries/MultiSend.sol/MultiSend",
  "libraries/MultiSendCallOnly.sol/MultiSendCallOnly",
];

const output = process.argv[2];
mkdirSync(output, { recursive: true });

const write = (name, artifact) => writeFileSync(join(output, `${name}.json`), JSON.stringify(artifact));

const sources = Object.fromEntries(
  readdirSync("src").map((file) => [`src/${file}`, { content: readFileSync(`src/${file}`, "utf8") }]),
);
const result = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources,
      settings: {
        // As for the contracts on Gnosis: without PUSH0, so that their gas is comparable.
        evmVersion: "paris",
        optimizer: { enabled: true, runs: 200 },
        // The bytecode depends on the code only: it does not end with a hash of sources and paths.
        metadata: { bytecodeHash: "none", appendCBOR: false },
        outputSelection: Object.fromEntries(
          Object.keys(sources).map((file) => [file, { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] }]),
        ),
      },
    }),
    { import: (path) => ({ contents: readFileSync(join("node_modules", path), "utf8") }) },
  ),
);

// A warning in src/ also fails the build; warnings in packages do not.
const problems = (result.errors ?? []).filter(
  ({ severity, sourceLocation }) => severity === "error" || sourceLocation?.file.startsWith("src/"),
);
if (problems.length > 0) {
  console.error(problems.map(({ formattedMessage }) => formattedMessage).join("\n"));
  process.exit(1);
}

for (const contracts of Object.values(result.contracts)) {
  for (const [name, { abi, evm }] of Object.entries(contracts)) {
    if (evm.bytecode.object === "") continue; // interfaces and abstract contracts
    write(name, { abi, bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` });
  }
}
for (const path of SAFE_CONTRACTS) {
  const { abi, bytecode, deployedBytecode } = JSON.parse(readFileSync(join(SAFE_ARTIFACTS, `${path}.json`), "utf8"));
  write(path.split("/").pop(), { abi, bytecode, deployedBytecode });
}
