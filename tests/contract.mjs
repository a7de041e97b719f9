// Holds answers against the OpenAPI 3.1 document that the program serves.
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const documentId = 'https://rohas.test/openapi.json';

export class Contract {
	#ajv;
	#closedAjv;
	#validators = new Map();
	#paths;
	#document;

	constructor(document) {
		this.#document = document;
		this.#ajv = validatorOf(document);
		this.#closedAjv = validatorOf(closeObjects(document));
		this.#paths = Object.keys(document.paths).map((template) => ({
			template,
			pattern: templatePattern(template),
		}));
	}

	/** The names of the query parameters that the document gives for a path's GET. */
	parameterNames(template) {
		const { parameters = [] } = this.#document.paths[template].get;
		return parameters
			.map((each) => this.#resolve(each))
			.filter((each) => each.in === 'query')
			.map((each) => each.name);
	}

	/**
	 * Asserts that status, content type and body of a GET's answer are as the document says. With `closed` the body
	 * may not have a member either that the document does not name.
	 */
	check(target, response, { closed = false } = {}) {
		const { template } = this.#paths.find(({ pattern }) => pattern.test(target.split('?')[0])) ?? {};
		assert.ok(template, `${target} is not in the OpenAPI document`);
		const { responses } = this.#document.paths[template].get;
		const key = [String(response.status), `${String(response.status)[0]}XX`, 'default'].find(
			(each) => responses[each],
		);
		assert.ok(key, `${template} does not document the status ${response.status}`);

		const type = response.headers.get('content-type').split(';')[0].trim();
		const documented = this.#resolve(responses[key]);
		assert.ok(documented.content?.[type], `${template} ${key} does not document the content type ${type}`);
		const pointer = responses[key].$ref ?? `#/paths/${escapePointer(template)}/get/responses/${key}`;
		const validate = this.#validator(`${pointer}/content/${escapePointer(type)}/schema`, closed);
		assert.ok(validate, `${template} ${key} ${type} has no schema`);
		const isAsPromised = validate(response.json);
		assert.ok(isAsPromised, `${target} breaks its contract: ${this.#ajv.errorsText(validate.errors)}`);
	}

	/** Compiled once: ajv itself compiles a pointer into a document anew at each call. */
	#validator(pointer, closed) {
		const key = `${closed ? 'closed' : 'open'} ${pointer}`;
		if (!this.#validators.has(key)) {
			const ajv = closed ? this.#closedAjv : this.#ajv;
			this.#validators.set(key, ajv.getSchema(documentId + pointer));
		}
		return this.#validators.get(key);
	}

	#resolve(node) {
		if (!node.$ref) return node;
		return node.$ref
			.slice(2)
			.split('/')
			.reduce((at, part) => at[unescapePointer(part)], this.#document);
	}
}

function validatorOf(document) {
	const ajv = new Ajv2020({ strict: false, allErrors: true, allowUnionTypes: true });
	addFormats(ajv);
	ajv.addSchema(document, documentId);
	return ajv;
}

/** The same document, where an object schema that lists its members allows no other. */
function closeObjects(value) {
	if (Array.isArray(value)) return value.map(closeObjects);
	if (value === null || typeof value !== 'object') return value;
	const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closeObjects(each)]));
	const isSchema = typeof copy.properties === 'object' && [copy.type].flat().includes('object');
	return isSchema ? { unevaluatedProperties: false, ...copy } : copy;
}

function templatePattern(template) {
	return new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
}

const escapePointer = (part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
const unescapePointer = (part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
