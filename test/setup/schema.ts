/** The published JSON Schemas, made strict: a field that they do not describe is an error, too. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'

const FOLDER = join(import.meta.dirname, '../../docs/schema')

type Schema = Readonly<Record<string, unknown>>

function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  const closed = 'properties' in schema && !('additionalProperties' in schema)
  return closed ? { ...inner, additionalProperties: false } : inner
}

/** Returns a function that says what is wrong with a result, one line per error; none if it is valid. */
export function validator(file: string): (result: unknown) => readonly string[] {
  const schema = strict(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))) as Schema
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema)
  return (result) => {
    // As it comes out of a file.
    if (validate(JSON.parse(JSON.stringify(result)))) return []
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath} ${message} ${JSON.stringify(params)}`
    })
  }
}
