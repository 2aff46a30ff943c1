// What Envoy's own API definitions have against a configuration: its .proto files (those that gRPC carries) know the fields, types,
// choices and limits of every message. Nothing is sent to an Envoy, and what its program refuses beyond them is not known here.
// Stricter than Envoy in two things: enums by name, numbers as numbers.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const packageFolder = (name: string) => dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)));
const carried = join(packageFolder('@grpc/grpc-js-xds'), 'deps');
const API = join(carried, 'envoy-api');
const FOLDERS = [
  API,
  ...['googleapis', 'protoc-gen-validate', 'xds'].map((name) => join(carried, name)),
  packageFolder('protobufjs'),
];

const definitions = new protobuf.Root();
definitions.resolvePath = (_, path) =>
  FOLDERS.map((folder) => join(folder, path)).find((file) => existsSync(file)) ?? path;

/** The .proto files of a package of Envoy's: their folders have the names of their packages. */
function filesOf(packageName: string): string[] {
  const folder = packageName.replaceAll('.', '/');
  if (!existsSync(join(API, folder))) return [];
  return readdirSync(join(API, folder))
    .filter((name) => name.endsWith('.proto'))
    .map((name) => `${folder}/${name}`);
}

function typeNamed(name: string): protobuf.Type | undefined {
  const files = filesOf(name.slice(0, name.lastIndexOf('.')));
  if (files.length === 0) return undefined;
  definitions.loadSync(files, { keepCase: true });
  definitions.resolveAll();
  const found = definitions.lookup(name);
  return found instanceof protobuf.Type ? found : undefined;
}

type Rules = Record<string, Record<string, unknown>>;

/** Of `(validate.rules)`, by kind of value. */
function rulesOf(field: protobuf.Field): Rules {
  const all = (field.parsedOptions ?? []) as Record<string, Rules>[];
  return Object.assign({}, ...all.map((option) => option['(validate.rules)'] ?? {}));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const is = (value: unknown, type: string) => typeof value === type;
const isWhole = (value: unknown, min: number, max: number) =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

const SCALARS: Record<string, (value: unknown) => boolean> = {
  string: (value) => is(value, 'string'),
  bytes: (value) => is(value, 'string'),
  bool: (value) => is(value, 'boolean'),
  double: (value) => is(value, 'number'),
  float: (value) => is(value, 'number'),
  int32: (value) => isWhole(value, -(2 ** 31), 2 ** 31 - 1),
  uint32: (value) => isWhole(value, 0, 2 ** 32 - 1),
  int64: (value) => isWhole(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  uint64: (value) => isWhole(value, 0, Number.MAX_SAFE_INTEGER),
};

/** Messages that are written otherwise than as an object of their fields. */
const WRITTEN_OTHERWISE: Record<string, (value: unknown) => boolean> = {
  '.google.protobuf.Duration': (value) => is(value, 'string') && /^\d+(\.\d{1,9})?s$/.test(value as string),
  '.google.protobuf.Struct': isObject,
  '.google.protobuf.Value': () => true,
};

const COMPARISONS: Record<string, (value: number, limit: number) => boolean> = {
  lt: (value, limit) => value < limit,
  lte: (value, limit) => value <= limit,
  gt: (value, limit) => value > limit,
  gte: (value, limit) => value >= limit,
};

/** Goes through a configuration, beside the types of its messages, and keeps what is wrong: a line each. */
class Inspection {
  readonly faults: string[] = [];

  #tell(path: string, fault: string): void {
    this.faults.push(`${path}: ${fault}`);
  }

  message(type: protobuf.Type, value: unknown, path: string): void {
    const isRight = WRITTEN_OTHERWISE[type.fullName];
    if (type.fullName === '.google.protobuf.Any') {
      this.#any(value, path);
    } else if (isRight) {
      if (!isRight(value)) this.#tell(path, `${JSON.stringify(value)} is no ${type.name}`);
    } else if (/^\.google\.protobuf\.\w+Value$/.test(type.fullName)) {
      this.#single(type.fields.value!, value, path);
    } else if (isObject(value)) {
      this.#fields(type, value, path);
    } else {
      this.#tell(path, `${JSON.stringify(value)} is no ${type.name}`);
    }
  }

  #any(value: unknown, path: string): void {
    const { '@type': url, ...fields } = isObject(value) ? value : {};
    const [, name] = /^type\.googleapis\.com\/([\w.]+)$/.exec(String(url)) ?? [];
    const type = name === undefined ? undefined : typeNamed(name);
    if (type) this.#fields(type, fields, path);
    else this.#tell(path, `@type '${url}' is not known`);
  }

  #fields(type: protobuf.Type, value: Record<string, unknown>, path: string): void {
    for (const name of Object.keys(value))
      if (!Object.hasOwn(type.fields, name)) this.#tell(path, `${type.name} has no field '${name}'`);
    for (const choice of type.oneofsArray) {
      const chosen = choice.fieldsArray.filter(({ name }) => name in value).map(({ name }) => name);
      if (chosen.length > 1) this.#tell(path, `one of '${chosen.join("', '")}', not all`);
      if (chosen.length === 0 && choice.options?.['(validate.required)'])
        this.#tell(path, `needs one of '${choice.oneof.join("', '")}'`);
    }
    for (const field of type.fieldsArray) {
      if (field.name in value) this.#field(field.resolve(), value[field.name], `${path}.${field.name}`);
      else if (!field.partOf && isNeeded(rulesOf(field))) this.#tell(path, `'${field.name}' is missing`);
    }
    if (is(value.name, 'string') && isObject(value.typed_config))
      this.#extension(value.name as string, value.typed_config['@type'], path);
  }

  #field(field: protobuf.Field, value: unknown, path: string): void {
    if (field.options?.deprecated) this.#tell(path, 'is deprecated');
    if (field.map) {
      if (!isObject(value)) this.#tell(path, 'is no map');
      else for (const [key, entry] of Object.entries(value)) this.#single(field, entry, `${path}.${key}`);
    } else if (field.repeated) {
      const { min_items = 0 } = rulesOf(field).repeated ?? {};
      const entries = Array.isArray(value) ? value : [];
      if (!Array.isArray(value)) this.#tell(path, 'is no list');
      else if (value.length < Number(min_items)) this.#tell(path, `needs ${min_items} entries`);
      entries.forEach((entry, at) => {
        this.#single(field, entry, `${path}[${at}]`);
      });
    } else {
      this.#single(field, value, path);
      this.#limits(rulesOf(field), value, path);
    }
  }

  #single(field: protobuf.Field, value: unknown, path: string): void {
    const { resolvedType, type } = field;
    if (resolvedType instanceof protobuf.Type) {
      this.message(resolvedType, value, path);
      return;
    }
    const isRight =
      resolvedType instanceof protobuf.Enum
        ? is(value, 'string') && Object.hasOwn(resolvedType.values, value as string)
        : SCALARS[type]?.(value);
    if (!isRight) this.#tell(path, `${JSON.stringify(value)} is no ${resolvedType?.name ?? type}`);
  }

  #limits(rules: Rules, value: unknown, path: string): void {
    if (is(value, 'string') && (value as string).length < Number(rules.string?.min_len ?? 0))
      this.#tell(path, 'is empty');
    if (!is(value, 'number')) return;
    for (const limits of Object.values(rules)) {
      for (const [word, limit] of Object.entries(limits))
        if (COMPARISONS[word]?.(value as number, Number(limit)) === false)
          this.#tell(path, `${value} is not ${word} ${limit}`);
    }
  }

  /** Each extension says in its definition by what name Envoy has it. */
  #extension(name: string, url: unknown, path: string): void {
    const type = String(url).replace(/^.*\//, '');
    const texts = filesOf(type.slice(0, type.lastIndexOf('.'))).map((file) =>
      readFileSync(join(API, file), 'utf8'),
    );
    const names = texts.flatMap((text) =>
      [...text.matchAll(/\[#extension: ([\w.]+)\]/g)].map(([, found]) => found!),
    );
    if (!names.includes(name)) this.#tell(path, `'${name}' is not the name of ${type}`);
  }
}

function isNeeded({ message, duration, any, string, repeated }: Rules): boolean {
  const isRequired = [message, duration, any].some((rule) => rule?.required === true);
  return isRequired || Number(string?.min_len ?? 0) > 0 || Number(repeated?.min_items ?? 0) > 0;
}

/** What Envoy's API has against a configuration to start it with, a line each. */
export function faultsOf(configuration: unknown): string[] {
  const inspection = new Inspection();
  inspection.message(typeNamed('envoy.config.bootstrap.v3.Bootstrap')!, configuration, 'configuration');
  return inspection.faults;
}
