/** Generated from the OpenAPI document by `npm run sdk:types`. Do not edit. */
export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the database, Redis and the queue accept writes
         * @description Requires no key.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the scheduled health checks, newest first
         * @description Requires no key.
         */
        get: operations["getHealthHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the API answers
         * @description Requires no key.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The OpenAPI document
         * @description Requires no key.
         */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/a": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send that a user has another id, from a page
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendAliasShort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alias": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send that a user has another id
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendAlias"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count events, and measure a property of their payloads
         * @description With `where` or `measure`, and no `meter`, the call reads raw rows; a range with too many of them fails with `query-too-broad`. Requires the scope read.
         */
        get: operations["countEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/funnel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Count how many keys reached each step of a sequence
         * @description A key has reached a step if it has a chain of events, one for each step up to it, each later than the previous one (by time, then event_id), and the last at most `window_seconds` after the first. Events without the key, or with null, are ignored. Requires the scope read.
         */
        post: operations["getFunnel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/group": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count events by client, type, or both, and measure a property of their payloads
         * @description With `where` or `measure`, and no `meter`, the call reads raw rows; a range with too many of them fails with `query-too-broad`. Requires the scope read.
         */
        get: operations["groupEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/latency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Time from received to stored
         * @description `count` and `max_ms` are exact. Percentiles come from a sketch; their relative error is at most `relative_error`. Requires the scope read.
         */
        get: operations["getLatency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count events by minute, hour, day, week or month, and measure a property of their payloads
         * @description Buckets without events are included, with 0. Days, weeks (from Monday) and months are those of `tz`, so a day has 23 or 25 hours when clocks change; hours begin when the local clock reads :00. The first and last bucket count only events within the range. Requires the scope read.
         */
        get: operations["getSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The most frequent values of a payload property, most frequent first
         * @description Values are compared as the JSON that was sent, so 1 and 1.0 are different values. Events without the property are not counted. Requires the scope read.
         */
        get: operations["getTop"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/uniques": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count the distinct values of a payload property
         * @description Exact for up to 1,000,000 events; beyond that, a HyperLogLog estimate with a standard error of 0.81 %. Events without the property, or with null, are not counted. Requires the scope read.
         */
        get: operations["getUniques"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who called what, newest first
         * @description Requires the scope audit.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/{request_id}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prove that an entry is in the audit log, unchanged
         * @description The entry, its inclusion path to the root of its seal, and the seals from there to a signed checkpoint, at most 10,000. `weir audit prove` checks the proof; docs/audit.md describes how to check it by hand. A key without the scope admin gets proofs of its own client's entries only. Requires the scope audit.
         */
        get: operations["getProof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Signed checkpoints, oldest first
         * @description Keep copies where the operator can't change them: with a copy, you can detect that the newest entries were deleted. Requires the scope audit.
         */
        get: operations["listCheckpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase the address and user agent of calls
         * @description Erases the address and user agent of the calls that match all criteria. The calls themselves stay in the audit log; its seals and checkpoints do not change and still verify. This call is recorded too, with its own address, but without the address to erase. Requires the scope admin.
         */
        post: operations["eraseAudit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the audit log as a file, in pieces
         * @description Each response is a piece of at most about 4 MB; concatenated, the pieces are the file. NDJSON contains the audit trail with its seals and checkpoints, which `weir audit verify` checks without a server: see docs/audit.md. Entries that the filter excludes appear as hashes only, or only their seal appears. A key without the scope admin gets its own client's entries. CSV (RFC 4180) contains the entries of the list, newest first; text that a spreadsheet might interpret as a formula, or that begins with an apostrophe, is prefixed with an apostrophe. Requires the scope audit.
         */
        get: operations["exportAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/ocsf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the audit log, as OCSF events
         * @description Entries in ascending order, as API Activity (class 6003) of the Open Cybersecurity Schema Framework 1.8, for a SIEM that polls: keep `next_cursor`, and call again with it as `after`. No entry appears before a cursor that was given out. A key without the scope admin gets its own client's entries. Requires the scope audit.
         */
        get: operations["followAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the audit log
         * @description Recomputes every hash of entries, seals, chains and checkpoints. With `start` or `end`, it verifies the seals of those days (UTC), from the last checkpoint before them to the first one after them. If `complete` is false, continue with `cursor`. An operator can change what a server returns; to verify without trusting the operator, export the trail and use `weir audit verify`. Requires the scope audit.
         */
        get: operations["verifyAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/b": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a batch of calls, from a page
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendBatchShort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a batch of calls
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List clients, ordered by id
         * @description Requires the scope admin.
         */
        get: operations["listClients"];
        put?: never;
        /**
         * Create a client
         * @description Requires the scope admin.
         */
        post: operations["createClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients/{client_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a client
         * @description Requires the scope admin.
         */
        get: operations["getClient"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a client; omitted members stay unchanged
         * @description Requires the scope admin.
         */
        patch: operations["changeClient"];
        trace?: never;
    };
    "/v1/clients/{client_id}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a client's API keys, oldest first, without their secrets
         * @description Requires the scope admin.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create an API key; its secret is shown only once
         * @description Requires the scope admin.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients/{client_id}/keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key, effective from the next call
         * @description Requires the scope admin.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients/{client_id}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a client's sources of webhooks, by name, without their secrets
         * @description Requires the scope admin.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Create a source of webhooks; its secret is shown only once
         * @description Requires the scope admin.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients/{client_id}/webhooks/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a source of webhooks, effective from the next delivery; stored events stay
         * @description Requires the scope admin.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients/{client_id}/webhooks/{source}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a second secret to a source, to replace the first; it is shown only once
         * @description Requires the scope admin.
         */
        post: operations["addWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients/{client_id}/webhooks/{source}/secrets/{secret_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a secret of a source, effective from the next delivery
         * @description Requires the scope admin.
         */
        delete: operations["removeWebhookSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List erasures, newest first
         * @description Requires the scope admin.
         */
        get: operations["listErasures"];
        put?: never;
        /**
         * Erase one subject's payloads
         * @description Replaces the payload with `{"erased":true}` in every event of the client that was received before now and in which the property has the value. This includes events in quarantine and, when they are stored, events still in the queue. The events still count, and their ids stay known, so that they cannot be stored again. Maintenance completes what this call does not finish. Requires the scope admin.
         */
        post: operations["createErasure"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/erasures/{erasure_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the progress of an erasure
         * @description Requires the scope admin.
         */
        get: operations["getErasure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events, newest first, or follow new ones
         * @description With `order=asc`, events come in the order in which they were stored (the change feed). Nothing appears before a cursor that was given out, so a reader that follows gets every event once. It takes `after`, `wait`, `limit` and the filters `event_type`, `where` and `client`; `event_id`, `start`, `end` and `cursor` are for the list only. Requires the scope read.
         */
        get: operations["listEvents"];
        put?: never;
        /**
         * Send events
         * @description One event, `{events: […]}` with up to 1,000 events, or NDJSON; up to 1 MiB after decompression (gzip is supported). Also CloudEvents 1.0: one in structured mode, a batch, or one in binary mode, with its attributes in headers `ce-…` and any media type. A 202 means that the accepted events are queued durably. Sending the same request again is always safe. A page of another origin may send too, with a key that has only the scope `ingest`, if the `origins` of its client include the page's. Requires the scope ingest.
         */
        post: operations["sendEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an event
         * @description With an admin key and no `client`, the newest event with that id. The ids `.`, `..` and `export` can't be used in this path; use `GET /v1/events?event_id=`. Requires the scope read.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export events as a file, newest first, in pieces
         * @description Each response is a piece of at most about 4 MB; concatenated, the pieces are the file. NDJSON has one event per line, in the format of the list. CSV (RFC 4180) has its header line in the first piece only, and `traceparent` as its last column; text that a spreadsheet might interpret as a formula, or that begins with an apostrophe, is prefixed with an apostrophe. Requires the scope read.
         */
        get: operations["exportEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/g": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send which group a user is in, from a page
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendGroupShort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/group": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send which group a user is in
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/i": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send who a user is, from a page
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendIdentifyShort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/identify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send who a user is
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendIdentify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a batch of past calls
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendImport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the key in use: its client and its scopes
         * @description Any valid key can ask, so this tells whether a key works before anything else is tried. Requires the scope ingest or read or audit.
         */
        get: operations["getOwnKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send logs (OTLP/HTTP)
         * @description OpenTelemetry's protocol for logs, in protobuf or JSON; up to 1 MiB after decompression (gzip is supported). Responses and errors have the encoding of the request. A 200 means that the log records are queued durably, except those that `partialSuccess` counts. Sending the same request again is always safe. The key may also be a bearer token in `Authorization`. Requires the scope ingest.
         */
        post: operations["sendLogs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/meters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List meters, ordered by client and name
         * @description Requires the scope read.
         */
        get: operations["listMeters"];
        put?: never;
        /**
         * Declare a meter
         * @description From now on a worker adds each event that it stores to the meter, in the same transaction, so that `count`, `group` and `series` with `meter` read rollups. Events that are stored already are added in the background, newest first; maintenance completes what this call does not finish. A client has at most 20 meters. Requires the scope admin.
         */
        post: operations["createMeter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/meters/{meter}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a meter, and how far it is filled
         * @description Requires the scope read.
         */
        get: operations["getMeter"];
        put?: never;
        post?: never;
        /**
         * Delete a meter; its rollups are deleted in the background
         * @description Requires the scope admin.
         */
        delete: operations["deleteMeter"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/p": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send that a page was viewed, from a page
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendPageShort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/page": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send that a page was viewed
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendPage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get totals and the state of the queue
         * @description `accepted = stored + duplicates + quarantined + pending`, for one client or, with an admin key, all. `pending` includes dead letters, and events of requests in progress. Also returns 503 `queue-unavailable` after Redis has lost data, until all messages in the queue have been recounted. Requires the scope read.
         */
        get: operations["getPipeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{write_key}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the settings of the Segment SDK for pages
         * @description The API key is in the path, not in a header. Requires the scope ingest.
         */
        get: operations["getSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List quarantined events, newest first, and their counts by reason
         * @description Requires the scope admin.
         */
        get: operations["listQuarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine/redrive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put quarantined events back into the queue, each exactly once
         * @description Events with the reason `invalid-event` were set aside when they were received. They stay in quarantine as long as Weir would not accept them, such as those that are more than 24 hours ahead; all others are stored as they are. Requires the scope admin.
         */
        post: operations["redriveQuarantine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the queries of the key's client, newest first; an administrator sees all
         * @description Requires the scope read.
         */
        get: operations["listQueries"];
        put?: never;
        /**
         * Ask a question about many events, which is answered in parts
         * @description The questions of `/v1/analytics/top`, `/uniques` and `/funnel`, over ranges that take too long for one call. `GET /v1/queries/{query_id}` does the work: call it until `status` is no longer `running`. With `dry_run`, the response is 200 with the cost, and nothing is stored. A client can have 10 queries running; its newest 100 are kept, for 7 days. Requires the scope read.
         */
        post: operations["createQuery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queries/{query_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a query, and work on it while it runs
         * @description Requires the scope read.
         */
        get: operations["getQuery"];
        put?: never;
        post?: never;
        /**
         * Cancel and delete a query
         * @description Requires the scope read.
         */
        delete: operations["deleteQuery"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/receipts/{receipt_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the state of a request's events
         * @description Requires the scope ingest or read.
         */
        get: operations["getReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/s": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send that a screen was viewed, from a page
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendScreenShort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/screen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send that a screen was viewed
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendScreen"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/t": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send what a user did, from a page
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendTrackShort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send what a user did
         * @description As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe. Requires the scope ingest.
         */
        post: operations["sendTrack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a webhook
         * @description For GitHub, Stripe, and senders that follow Standard Webhooks, as the source was created. The body is whatever they send, up to 1 MiB, and is kept to the byte. The id of the delivery becomes the `event_id`, so one that is sent again counts once, whatever its content. Requires a valid signature; no key.
         */
        post: operations["receiveWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        __schema0: unknown;
        Accepted: {
            accepted: number;
            duplicates: number;
            errors: components["schemas"]["Fault"][];
            /** Format: uuid */
            receipt_id: string;
            rejected: number;
        };
        ApiKey: {
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            key_id: string;
            /** @description Accurate to about a minute. */
            last_used_at: string | null;
            prefix: string;
            revoked_at: string | null;
            scopes: ("ingest" | "read" | "audit" | "admin")[];
        };
        AuditEntry: {
            address: string | null;
            /** Format: date-time */
            at: string;
            bytes_in: number;
            /** @description Null for sent events whose entry was queued with them, before the response existed. */
            bytes_out: number | null;
            /** @description What an administrator's call or command changed: the state before and after. */
            change: {
                after: unknown;
                before: unknown;
            } | null;
            client_id: string | null;
            /** @description Response time; for sent events, including the time to queue them. */
            duration_ms: number;
            /** @description Whether address and user agent were erased. */
            erased: boolean;
            key_prefix: string | null;
            /** @description Lane of the audit trail: see docs/audit.md. */
            lane: number;
            /** @description The entry's position in the seal, from 0. */
            leaf: number;
            /** @description HTTP method; CLI or INVOKE for a command that was not sent over HTTP. */
            method: string;
            path: string;
            /** Format: uuid */
            request_id: string;
            /** @description Route template; for a command, its name. */
            route: string;
            /** @description Number of the entry's seal in the lane. */
            seal: number;
            status: number;
            user_agent: string | null;
        };
        AuditErased: {
            /** @description True if all matching calls received before this one are erased. If false, the time was up, or some calls were still in the queue: call again. */
            complete: boolean;
            /** @description Calls whose address and user agent were erased. */
            erased: number;
            /** @description If the time was up: use it as `start` of the next call, which continues from there. */
            next_start: string | null;
        };
        AuditGaps: {
            /** @description Calls whose audit row was written to the log because the queue did not confirm it, as far as is known. Rows that turned out to be in the queue are not counted. */
            logged: number;
            /** @description Those that have no entry in the audit log, at the time of this response. */
            missing: number;
            /** @description Those that `weir audit recover` has read back. */
            recovered: number;
        };
        AuditProof: {
            /** @description The following seals, up to the lane's head in the checkpoint. */
            chain: components["schemas"]["TrailSeal"][];
            /** @description The first checkpoint after the seal; null if it does not exist yet or is too far away. */
            checkpoint: components["schemas"]["TrailCheckpoint"] | null;
            entry: components["schemas"]["TrailEntry"];
            /** @description The entry's hash: a leaf of the seal's tree. */
            hash: string;
            /** @description The entry's position in its seal, from 0. */
            leaf: number;
            /** @description Why there is no checkpoint. */
            note: string | null;
            /** @description The hashes to combine it with, up to the seal's root (RFC 6962). */
            path: string[];
            /** @description Null if it was erased. */
            personal: components["schemas"]["TrailPersonal"] | null;
            seal: components["schemas"]["TrailSeal"];
            /** @constant */
            v: 1;
        };
        Client: {
            active: boolean;
            burst: number;
            /** @example demo */
            client_id: string;
            /** Format: date-time */
            created_at: string;
            name: string;
            origins: string[];
            rate_limit_per_second: number;
        };
        /** @description A CloudEvent 1.0 in the JSON format; further attributes are kept. */
        CloudEvent: {
            /** @description Any JSON value. In the payload it is `data` too. */
            data?: unknown;
            /** @description Bytes in Base64, instead of `data`. */
            data_base64?: string;
            datacontenttype?: string;
            /** Format: uri */
            dataschema?: string;
            /** @example A234-1234-1234 */
            id: string;
            /**
             * Format: uri-reference
             * @description Together with `id` it becomes the `event_id`: `<source> <id>`.
             * @example /shop/orders
             */
            source: string;
            /** @constant */
            specversion: "1.0";
            subject?: string;
            /**
             * Format: date-time
             * @description Becomes the `timestamp`. Without it, that is the time of arrival.
             * @example 2026-11-23T06:00:00.000Z
             */
            time?: string;
            /**
             * @description Becomes the `event_type`.
             * @example order.placed
             */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /** @example payload.magnitude>=4.5 */
        Condition: string;
        Erasure: {
            /** @example demo */
            client_id: string;
            completed_at: string | null;
            /** Format: uuid */
            erasure_id: string;
            /** @description Stored events whose payload was erased. Events that arrive late are erased when they are stored, and are not counted here. */
            events_erased: number;
            property: string;
            quarantined_erased: number;
            /** Format: date-time */
            requested_at: string;
            requested_by: {
                client_id: string | null;
                key_prefix: string | null;
            };
            /**
             * @description `waiting` until all workers know of the request; `running` until all stored events have been searched, also those in the archive, if there is one; `completed` when no matching payload is stored, and none that is still in the queue will be: see `unsearched`.
             * @enum {string}
             */
            status: "waiting" | "running" | "completed";
            /** @description Messages in the queue and among its dead letters at the time of the response. They can't be searched, so those from before the request may still contain the payload. A worker erases it when it stores the message, also after a redrive; in a dead letter that nobody redrives, it stays until the dead letter is deleted. Null if the queue does not answer. */
            unsearched: {
                dead_letters: number | null;
                messages: number | null;
            };
            /** @description Hexadecimal; empty for an erasure made by an earlier version. Both are null once everything received before the request is past the retention period. */
            value_salt: string | null;
            /** @description SHA-256, in hexadecimal, of the bytes of `value_salt` followed by the value's JSON text in UTF-8. The text follows RFC 8785; a number that a double can't represent is written as its digits and exponent, such as `1234567890123456789e1`. It identifies events from before the request that arrive late. The value itself is deleted when the erasure completes, and is never shown. */
            value_sha256: string | null;
        };
        Event: {
            /**
             * @description Identifies the event within its client. An event counts once, however often it is sent.
             * @example order-1001-placed
             */
            event_id: string;
            /** @example order.placed */
            event_type: string;
            /**
             * @description Any JSON object. Numbers keep their digits, strings their characters.
             * @example {
             *       "amount": 12.5,
             *       "currency": "EUR"
             *     }
             */
            payload: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description When the event happened: RFC 3339 with an offset, within the retention period and at most 24 h ahead. Stored to the microsecond.
             * @example 2026-11-23T06:00:00.000Z
             */
            timestamp: string;
        };
        ExportLogsServiceRequest: {
            /** @description As opentelemetry-proto defines it, with up to 1,000 log records in all. */
            resourceLogs?: ({
                resource?: {
                    [key: string]: unknown;
                };
                scopeLogs?: ({
                    logRecords?: {
                        [key: string]: unknown;
                    }[];
                    scope?: {
                        [key: string]: unknown;
                    };
                } & {
                    [key: string]: unknown;
                })[];
            } & {
                [key: string]: unknown;
            })[];
        } & {
            [key: string]: unknown;
        };
        ExportLogsServiceResponse: {
            /** @description Absent if all log records were accepted. */
            partialSuccess?: {
                errorMessage: string;
                /** @description Their number, a 64-bit integer as text. */
                rejectedLogRecords: string;
            } & {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        Fault: {
            /** @enum {string} */
            code?: "invalid-json" | "invalid-encoding" | "malformed-request" | "invalid-parameter" | "missing-api-key" | "invalid-api-key" | "expired-api-key" | "revoked-api-key" | "invalid-signature" | "insufficient-scope" | "client-inactive" | "origin-not-allowed" | "not-found" | "method-not-allowed" | "conflict" | "secret-limit" | "unprovable" | "payload-too-large" | "unsupported-media-type" | "invalid-body" | "no-valid-events" | "query-too-broad" | "rate-limited" | "internal-error" | "queue-full" | "queue-unavailable" | "database-unavailable" | "overloaded" | "timeout" | "invalid-event" | "event-conflict" | "event-unverified" | "queue-refused";
            detail: string;
            event_id?: string | null;
            index?: number;
            parameter?: string;
            /** @description JSON Pointer (RFC 6901) to the faulty member. */
            pointer?: string;
            retryable?: boolean;
        };
        Health: {
            /**
             * Format: date-time
             * @description Time of the check. A result may be reused for up to a second.
             */
            at: string;
            /** @description Null if the database does not answer. */
            audit: components["schemas"]["AuditGaps"] | null;
            checks: {
                database: components["schemas"]["HealthCheck"];
                queue: components["schemas"]["HealthCheck"];
                redis: components["schemas"]["HealthCheck"];
            };
            /** @description Null if the database does not answer. */
            partitions: components["schemas"]["Partitions"] | null;
            settings: {
                /** @description Null if the database does not answer. */
                database: components["schemas"]["ServerSettings"] | null;
                /** @description Null if Redis does not answer. */
                redis: components["schemas"]["ServerSettings"] | null;
            };
            /**
             * @description `ok` if every check is `up`, which means that a write to each server, undone or expiring, succeeded. Settings, partitions and the audit do not affect it.
             * @enum {string}
             */
            status: "ok" | "unavailable";
            version: string;
        };
        HealthCheck: {
            latency_ms: number;
            /** @enum {string} */
            status: "up" | "down";
        };
        Meter: {
            /** @example demo */
            client_id: string;
            /** @description While `filling`: the meter has all events from this time on. Null before the first step, and when `complete`. */
            complete_from: string | null;
            /** Format: date-time */
            created_at: string;
            dimensions: {
                name: string;
                property: string;
            }[];
            event_type: string;
            name: string;
            /**
             * @description `waiting` until all workers know the meter; `filling` while it is filled with events that were stored before, from the newest to the oldest; `complete` when it has all events.
             * @enum {string}
             */
            state: "waiting" | "filling" | "complete";
            uniques: boolean;
            value: string | null;
        };
        NewApiKey: {
            expires_at: string | null;
            key_id: string;
            prefix: string;
            scopes: ("ingest" | "read" | "audit" | "admin")[];
            secret: string;
        };
        NewWebhook: {
            /** Format: date-time */
            created_at: string;
            /**
             * @description How the sender signs: as GitHub, as Stripe, or as Standard Webhooks.
             * @enum {string}
             */
            kind: "github" | "standard" | "stripe";
            /**
             * @description Where the sender delivers, below the address of the API.
             * @example /v1/webhooks/github-main
             */
            path: string;
            /** @description Shown only once. Enter it at the sender. */
            secret: string;
            /** @description Oldest first. A signature of any of them is valid. */
            secrets: components["schemas"]["WebhookSecret"][];
            /** @example github-main */
            source: string;
        };
        NewWebhookSecret: {
            /** Format: date-time */
            created_at: string;
            /** @description Shown only once. Enter it at the sender. */
            secret: string;
            secret_id: string;
        };
        OwnKey: {
            /** @example demo */
            client_id: string;
            key_id: string;
            /** @description The part of the key that may be shown. */
            prefix: string;
            scopes: ("ingest" | "read" | "audit" | "admin")[];
        };
        Partitions: {
            /** @description Rows in DEFAULT partitions, counted up to 10,000 each. Maintenance moves or deletes them. */
            default_rows: number;
            /** @description Full days from now for which event partitions exist. Usually 35 or more. */
            runway_days: number;
        };
        Pipeline: {
            accepted: number;
            /** @description For all clients. */
            audit: components["schemas"]["AuditGaps"];
            duplicates: number;
            pending: number;
            quarantined: number;
            queue: {
                dead_letters: number;
                drain_per_second: number;
                events: number;
                messages: number;
                oldest_age_ms: number;
            };
            stored: number;
        };
        /** @description Problem details, RFC 9457. */
        Problem: {
            /** @enum {string} */
            code: "invalid-json" | "invalid-encoding" | "malformed-request" | "invalid-parameter" | "missing-api-key" | "invalid-api-key" | "expired-api-key" | "revoked-api-key" | "invalid-signature" | "insufficient-scope" | "client-inactive" | "origin-not-allowed" | "not-found" | "method-not-allowed" | "conflict" | "secret-limit" | "unprovable" | "payload-too-large" | "unsupported-media-type" | "invalid-body" | "no-valid-events" | "query-too-broad" | "rate-limited" | "internal-error" | "queue-full" | "queue-unavailable" | "database-unavailable" | "overloaded" | "timeout" | "invalid-event" | "event-conflict" | "event-unverified" | "queue-refused";
            detail: string;
            errors?: components["schemas"]["Fault"][];
            instance: string;
            status: number;
            title: string;
            /** Format: uri-reference */
            type: string;
        };
        QuarantinedEvent: {
            client_id: string;
            detail: string;
            event_id: string | null;
            event_key: string;
            event_type: string | null;
            /** @description The payload's JSON text, as it was sent. */
            payload: string | null;
            /** Format: date-time */
            quarantined_at: string;
            reason: string;
            receipt_id: string;
            /** Format: date-time */
            received_at: string;
            timestamp: string | null;
        };
        Query: {
            /** @description The result includes every event received before this time, and none that was stored after the query was created. Null if the queue was unavailable then. */
            as_of: string | null;
            cost: components["schemas"]["QueryCost"];
            /** Format: date-time */
            created_at: string;
            /** @description Why it failed. */
            error: string | null;
            /**
             * Format: date-time
             * @description When it is deleted.
             */
            expires_at: string;
            /** @enum {string} */
            kind: "top" | "uniques" | "funnel";
            parts_done: number;
            /** Format: uuid */
            query_id: string;
            /** @description The query, as it was sent. */
            request: {
                [key: string]: unknown;
            };
            /** @description As the call of the same name in `/v1/analytics` answers; null until the query is completed. */
            result: ({
                /** @description Events that have the property. */
                events: number;
                /** @description The most that may be missing from a count; 0 if all counts are exact. */
                max_missing: number;
                /** @description Events whose value is longer than 1,000 bytes of JSON. `events` includes them, `values` does not. */
                too_long: number;
                values: {
                    count: number;
                    value: components["schemas"]["__schema0"];
                }[];
            } | {
                /** @description Ordered by start; buckets without a value are omitted. */
                buckets?: {
                    /**
                     * Format: date-time
                     * @description Start of the bucket, with the offset of `tz` at that time.
                     * @example 2026-03-29T00:00:00+01:00
                     */
                    bucket: string;
                    count: number;
                }[];
                count: number;
                /** @enum {string} */
                method: "exact" | "hyperloglog";
                /** @description Relative standard error of each count; 0 if exact. */
                relative_error: number;
            } | {
                steps: {
                    /** @description Share of the keys that reached the first step. */
                    conversion: number | null;
                    /** @description Distinct keys that reached the step. */
                    count: number;
                    event_type: string;
                    /** @description Share of the keys that reached the previous step. */
                    step_conversion: number | null;
                }[];
            }) | null;
            /** @enum {string} */
            status: "running" | "completed" | "failed";
            /** Format: date-time */
            updated_at: string;
        };
        QueryCost: {
            /** @description Events in the range, of its types, from the rollups; conditions on payloads may select fewer. */
            events: number;
            parts: number;
        };
        Receipt: {
            accepted: number;
            completed_at: string | null;
            /** @description Events that were accepted, and then found to be stored already. */
            duplicates: number;
            /** @description accepted = stored + duplicates + quarantined + pending, at any time. */
            pending: number;
            quarantined: number;
            /** Format: uuid */
            receipt_id: string;
            /** Format: date-time */
            received_at: string;
            stored: number;
        };
        SegmentBatch: {
            batch: components["schemas"]["SegmentCall"][];
            /** @description Merged into the context of each call. */
            context?: {
                [key: string]: unknown;
            };
            integrations?: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            sentAt?: string;
            writeKey?: string;
        } & {
            [key: string]: unknown;
        };
        /** @description A call of the Segment specification; further members are kept. */
        SegmentCall: {
            anonymousId?: string | number;
            context?: {
                [key: string]: unknown;
            };
            /**
             * @description Name of the event of `track`. The `event_type` is then `track:<event>`, otherwise the type.
             * @example Order Completed
             */
            event?: string;
            groupId?: string | number;
            integrations?: {
                [key: string]: unknown;
            };
            /**
             * @description Becomes the `event_id`. Without it, one is made: see `docs/segment.md`.
             * @example node-next-1764403200000-743be593-7789-4b74-8078-cbcc8894c586
             */
            messageId?: string;
            previousId?: string | number;
            properties?: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            sentAt?: string;
            /**
             * Format: date-time
             * @description When the call happened. With `sentAt` it is corrected by what the sender's clock was wrong. Without it, the time of arrival.
             */
            timestamp?: string;
            traits?: {
                [key: string]: unknown;
            };
            /**
             * @description Required in a batch; elsewhere the path names it.
             * @enum {string}
             */
            type?: "track" | "identify" | "page" | "screen" | "group" | "alias";
            /**
             * @description This or `anonymousId` is required.
             * @example user-1
             */
            userId?: string | number;
            /** @description The API key, if no header has it. Not stored. */
            writeKey?: string;
        } & {
            [key: string]: unknown;
        };
        SegmentSuccess: {
            /** @constant */
            success: true;
        };
        ServerSettings: {
            /** @description Settings that the server does not reveal; managed services block CONFIG, for example. */
            unknown: string[];
            /** @description Settings with which the server cannot keep Weir's promises. */
            weak: components["schemas"]["WeakSetting"][];
        };
        /** @description A `google.rpc.Status`. */
        Status: {
            /** @description A `google.rpc.Code`. */
            code: number;
            details?: ({
                "@type": string;
            } & {
                [key: string]: unknown;
            })[];
            message: string;
        } & {
            [key: string]: unknown;
        };
        StoredEvent: {
            client_id: string;
            event_id: string;
            event_type: string;
            payload: {
                [key: string]: unknown;
            };
            processed_at: string | null;
            processing_latency_ms: number | null;
            /** @description Why the event is in quarantine. */
            reason?: string;
            /** Format: uuid */
            receipt_id: string;
            /** Format: date-time */
            received_at: string;
            /** @enum {string} */
            status: "stored" | "quarantined";
            /** Format: date-time */
            timestamp: string;
            /** @description The W3C trace context that the event was queued with; absent if its request had none. Its first copy counts, as for the rest of the event. */
            traceparent?: string;
        };
        /** @description All lanes' heads, signed. */
        TrailCheckpoint: {
            checkpoint: number;
            expired_before: string | null;
            key_id: string;
            lanes: components["schemas"]["TrailLane"][];
            /** @description RFC 3339 in UTC. */
            made_at: string;
            previous: string;
            /** @description Ed25519 over the checkpoint's hash. */
            signature: string;
            /** @constant */
            v: 1;
        };
        /** @description An entry as it is hashed. */
        TrailEntry: {
            /** @description RFC 3339 in UTC. */
            at: string;
            bytes_in: number;
            bytes_out: number | null;
            change: {
                after: unknown;
                before: unknown;
            } | null;
            client_id: string | null;
            duration_ms: number;
            key_prefix: string | null;
            method: string;
            path: string;
            /** @description SHA-256 of the salt and the canonical JSON of address and user agent. */
            personal: string;
            request_id: string;
            route: string;
            status: number;
            /** @constant */
            v: 1;
        };
        /** @description The first fault. */
        TrailFault: {
            checkpoint?: number;
            /** @enum {string} */
            kind: "entry" | "seal" | "checkpoint" | "file";
            lane?: number;
            leaf?: number;
            line?: number;
            reason: string;
            request_id?: string;
            seal?: number;
        };
        /** @description The head of a lane. */
        TrailLane: {
            entries: number;
            head: string;
            lane: number;
            seals: number;
        };
        TrailPersonal: {
            address: string | null;
            salt: string;
            user_agent: string | null;
        };
        /** @description The Merkle root of some entries, chained to the previous seal. */
        TrailSeal: {
            /**
             * @description A day in UTC.
             * @example 2026-11-23
             */
            day: string;
            entries: number;
            hash: string;
            lane: number;
            previous: string;
            root: string;
            seal: number;
            /** @description RFC 3339 in UTC. */
            sealed_at: string;
            total: number;
            /** @constant */
            v: 1;
        };
        Verification: {
            checkpoints: number;
            /** @description False if there is more: continue with `next_cursor`. */
            complete: boolean;
            /** @description Entries verified so far; the other counts are also totals so far. */
            entries: number;
            /** @description Entries whose address and user agent were erased. */
            erased: number;
            /** @description Entries that were deleted because their retention period ended. */
            expired: number;
            first_invalid?: components["schemas"]["TrailFault"];
            /** @description How far the trail was verified. */
            head: {
                /** @description The last verified checkpoint. */
                checkpoint: {
                    checkpoint: number;
                    hash: string;
                    /** Format: date-time */
                    made_at: string;
                } | null;
                lanes: components["schemas"]["TrailLane"][];
            };
            /** @description Null on the last page. */
            next_cursor: string | null;
            seals: number;
            /**
             * @description Unchecked if the function has no public key (AUDIT_PUBLIC_KEYS).
             * @enum {string}
             */
            signatures: "checked" | "unchecked";
            /** @description True if no fault has been found so far. */
            valid: boolean;
            /** @description Entries of other days, whose content was not checked. */
            withheld: number;
        };
        WeakSetting: {
            risk: string;
            /** @example appendfsync */
            setting: string;
            /** @example everysec */
            value: string;
            /** @example always */
            wanted: string;
        };
        Webhook: {
            /** Format: date-time */
            created_at: string;
            /**
             * @description How the sender signs: as GitHub, as Stripe, or as Standard Webhooks.
             * @enum {string}
             */
            kind: "github" | "standard" | "stripe";
            /**
             * @description Where the sender delivers, below the address of the API.
             * @example /v1/webhooks/github-main
             */
            path: string;
            /** @description Oldest first. A signature of any of them is valid. */
            secrets: components["schemas"]["WebhookSecret"][];
            /** @example github-main */
            source: string;
        };
        WebhookSecret: {
            /** Format: date-time */
            created_at: string;
            secret_id: string;
        };
    };
    responses: {
        /**
         * @description Bad Request
         *
         *     - [`invalid-json`](/docs/errors/invalid-json): The body is not valid JSON
         *     - [`invalid-encoding`](/docs/errors/invalid-encoding): The body is not valid UTF-8 or not valid gzip
         *     - [`invalid-parameter`](/docs/errors/invalid-parameter): A parameter is invalid
         */
        BadRequest: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Bad Request
         *
         *     - [`invalid-parameter`](/docs/errors/invalid-parameter): A parameter is invalid
         */
        BadRequest2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Bad Request
         *
         *     - [`invalid-parameter`](/docs/errors/invalid-parameter): A parameter is invalid
         */
        BadRequest3: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Bad Request
         *
         *     - [`malformed-request`](/docs/errors/malformed-request): The body does not have the form that its protocol requires
         *     - [`invalid-parameter`](/docs/errors/invalid-parameter): A parameter is invalid
         */
        BadRequest4: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Bad Request
         *
         *     - [`malformed-request`](/docs/errors/malformed-request): The body does not have the form that its protocol requires
         *     - [`invalid-json`](/docs/errors/invalid-json): The body is not valid JSON
         *     - [`invalid-encoding`](/docs/errors/invalid-encoding): The body is not valid UTF-8 or not valid gzip
         */
        BadRequest5: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Bad Request
         *
         *     - [`invalid-json`](/docs/errors/invalid-json): The body is not valid JSON
         *     - [`invalid-encoding`](/docs/errors/invalid-encoding): The body is not valid UTF-8 or not valid gzip
         *     - [`malformed-request`](/docs/errors/malformed-request): The body does not have the form that its protocol requires
         *     - [`invalid-parameter`](/docs/errors/invalid-parameter): A parameter is invalid
         */
        BadRequest6: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /**
         * @description Conflict
         *
         *     - [`secret-limit`](/docs/errors/secret-limit): A webhook source has one or two secrets
         */
        Conflict: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Conflict
         *
         *     - [`conflict`](/docs/errors/conflict): The resource already exists
         */
        Conflict2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Conflict
         *
         *     - [`unprovable`](/docs/errors/unprovable): The entry can't be proven
         */
        Conflict3: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Forbidden
         *
         *     - [`insufficient-scope`](/docs/errors/insufficient-scope): The API key lacks a scope
         *     - [`client-inactive`](/docs/errors/client-inactive): The client is inactive
         */
        Forbidden: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Forbidden
         *
         *     - [`origin-not-allowed`](/docs/errors/origin-not-allowed): The key may not be used in this page
         *     - [`insufficient-scope`](/docs/errors/insufficient-scope): The API key lacks a scope
         *     - [`client-inactive`](/docs/errors/client-inactive): The client is inactive
         */
        Forbidden2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Forbidden
         *
         *     - [`client-inactive`](/docs/errors/client-inactive): The client is inactive
         */
        Forbidden3: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Forbidden
         *
         *     - [`origin-not-allowed`](/docs/errors/origin-not-allowed): The key may not be used in this page
         *     - [`insufficient-scope`](/docs/errors/insufficient-scope): The API key lacks a scope
         *     - [`client-inactive`](/docs/errors/client-inactive): The client is inactive
         */
        Forbidden4: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /**
         * @description Gateway Timeout
         *
         *     - [`timeout`](/docs/errors/timeout): The request took too long
         */
        GatewayTimeout: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Gateway Timeout
         *
         *     - [`timeout`](/docs/errors/timeout): The request took too long
         */
        GatewayTimeout2: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Gateway Timeout
         *
         *     - [`timeout`](/docs/errors/timeout): The request took too long
         */
        GatewayTimeout3: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /**
         * @description Internal Server Error
         *
         *     - [`internal-error`](/docs/errors/internal-error): Internal error
         */
        InternalServerError: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Internal Server Error
         *
         *     - [`internal-error`](/docs/errors/internal-error): Internal error
         */
        InternalServerError2: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Internal Server Error
         *
         *     - [`internal-error`](/docs/errors/internal-error): Internal error
         */
        InternalServerError3: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /** @description `method-not-allowed`: The path does not support this method */
        MethodNotAllowed: {
            headers: {
                Allow: components["headers"]["Allow"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Not Found
         *
         *     - [`not-found`](/docs/errors/not-found): Not found
         */
        NotFound: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Not Found
         *
         *     - [`not-found`](/docs/errors/not-found): Not found
         */
        NotFound2: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Payload Too Large
         *
         *     - [`payload-too-large`](/docs/errors/payload-too-large): The body is too large
         */
        PayloadTooLarge: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Payload Too Large
         *
         *     - [`payload-too-large`](/docs/errors/payload-too-large): The body is too large
         */
        PayloadTooLarge2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /**
         * @description Service Unavailable
         *
         *     - [`queue-unavailable`](/docs/errors/queue-unavailable): The queue is unavailable
         *     - [`database-unavailable`](/docs/errors/database-unavailable): The database is unavailable
         *     - [`overloaded`](/docs/errors/overloaded): The server has too many requests in progress
         */
        ServiceUnavailable: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Service Unavailable
         *
         *     - [`database-unavailable`](/docs/errors/database-unavailable): The database is unavailable
         *     - [`overloaded`](/docs/errors/overloaded): The server has too many requests in progress
         */
        ServiceUnavailable2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Service Unavailable
         *
         *     - [`overloaded`](/docs/errors/overloaded): The server has too many requests in progress
         */
        ServiceUnavailable3: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Service Unavailable
         *
         *     - [`database-unavailable`](/docs/errors/database-unavailable): The database is unavailable
         *     - [`overloaded`](/docs/errors/overloaded): The server has too many requests in progress
         */
        ServiceUnavailable4: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Service Unavailable
         *
         *     - [`queue-full`](/docs/errors/queue-full): The queue is full
         *     - [`queue-unavailable`](/docs/errors/queue-unavailable): The queue is unavailable
         *     - [`database-unavailable`](/docs/errors/database-unavailable): The database is unavailable
         *     - [`overloaded`](/docs/errors/overloaded): The server has too many requests in progress
         */
        ServiceUnavailable5: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Service Unavailable
         *
         *     - [`queue-full`](/docs/errors/queue-full): The queue is full
         *     - [`queue-unavailable`](/docs/errors/queue-unavailable): The queue is unavailable
         *     - [`database-unavailable`](/docs/errors/database-unavailable): The database is unavailable
         *     - [`overloaded`](/docs/errors/overloaded): The server has too many requests in progress
         */
        ServiceUnavailable6: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /**
         * @description Too Many Requests
         *
         *     - [`rate-limited`](/docs/errors/rate-limited): The client exceeded its rate limit
         */
        TooManyRequests: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Too Many Requests
         *
         *     - [`rate-limited`](/docs/errors/rate-limited): The client exceeded its rate limit
         */
        TooManyRequests2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /**
         * @description Unauthorized
         *
         *     - [`missing-api-key`](/docs/errors/missing-api-key): The request has no API key
         *     - [`invalid-api-key`](/docs/errors/invalid-api-key): The API key is unknown
         *     - [`expired-api-key`](/docs/errors/expired-api-key): The API key has expired
         *     - [`revoked-api-key`](/docs/errors/revoked-api-key): The API key was revoked
         */
        Unauthorized: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Unauthorized
         *
         *     - [`invalid-signature`](/docs/errors/invalid-signature): The signature is missing or invalid
         *     - [`revoked-api-key`](/docs/errors/revoked-api-key): The API key was revoked
         */
        Unauthorized2: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Unauthorized
         *
         *     - [`missing-api-key`](/docs/errors/missing-api-key): The request has no API key
         *     - [`invalid-api-key`](/docs/errors/invalid-api-key): The API key is unknown
         *     - [`expired-api-key`](/docs/errors/expired-api-key): The API key has expired
         *     - [`revoked-api-key`](/docs/errors/revoked-api-key): The API key was revoked
         */
        Unauthorized3: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
        /**
         * @description Unprocessable Entity
         *
         *     - [`invalid-body`](/docs/errors/invalid-body): The body does not match the schema
         */
        UnprocessableEntity: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Unprocessable Entity
         *
         *     - [`query-too-broad`](/docs/errors/query-too-broad): The query takes too long
         */
        UnprocessableEntity2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Unprocessable Entity
         *
         *     - [`invalid-body`](/docs/errors/invalid-body): The body does not match the schema
         *     - [`query-too-broad`](/docs/errors/query-too-broad): The query takes too long
         */
        UnprocessableEntity3: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Unprocessable Entity
         *
         *     - [`invalid-body`](/docs/errors/invalid-body): The body does not match the schema
         *     - [`no-valid-events`](/docs/errors/no-valid-events): No event was accepted
         */
        UnprocessableEntity4: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Unsupported Media Type
         *
         *     - [`unsupported-media-type`](/docs/errors/unsupported-media-type): The content type or encoding is not supported
         */
        UnsupportedMediaType: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Unsupported Media Type
         *
         *     - [`unsupported-media-type`](/docs/errors/unsupported-media-type): The content type or encoding is not supported
         */
        UnsupportedMediaType2: {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
                "application/problem+json": components["schemas"]["Problem"];
                "application/x-protobuf": string;
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The methods that the path supports. */
        Allow: string;
        /**
         * @description A file name to save it as.
         * @example attachment; filename="events.csv"
         */
        ContentDisposition: string;
        /** @description The next page (RFC 8288, `rel="next"`); absent on the last. */
        Link: string;
        /** @description Path of the new resource. */
        Location: string;
        /** @description Value of `cursor` for the next piece; absent on the last. */
        NextCursor: string;
        /**
         * @description What is left of the client's limit, in events, and the seconds until it is full again.
         * @example "default";r=1999;t=1
         */
        RateLimit: string;
        /**
         * @description The client's burst, in events, and the seconds until an empty limit is full.
         * @example "default";q=2000;w=2
         */
        RateLimitPolicy: string;
        /** @description Identifies the call in the audit log, in the logs, and in reports to the operator. */
        RequestId: string;
        /** @description Seconds to wait before sending the same request again. */
        RetryAfter: number;
        /** @description The required authentication scheme. */
        WWWAuthenticate: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            500: components["responses"]["InternalServerError2"];
            /**
             * @description Service Unavailable
             *
             *     - [`overloaded`](/docs/errors/overloaded): The server has too many requests in progress
             */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout2"];
        };
    };
    getHealthHistory: {
        parameters: {
            query?: {
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description By default now. */
                end?: string;
                /** @description Maximum checks per page; by default those of a day, and a few more. */
                limit?: number;
                /** @description By default 24 hours before `end`. */
                start?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Checks in the range, on all pages. */
                        checked: number;
                        checks: {
                            /** Format: date-time */
                            at: string;
                            checks: {
                                database: components["schemas"]["HealthCheck"];
                                queue: components["schemas"]["HealthCheck"];
                                redis: components["schemas"]["HealthCheck"];
                            };
                            /** @enum {string} */
                            status: "ok" | "unavailable";
                        }[];
                        /** Format: date-time */
                        end: string;
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                        /** Format: date-time */
                        start: string;
                        unhealthy: number;
                    };
                };
            };
            400: components["responses"]["BadRequest3"];
            500: components["responses"]["InternalServerError2"];
            503: components["responses"]["ServiceUnavailable4"];
            504: components["responses"]["GatewayTimeout2"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                        version: string;
                    };
                };
            };
            500: components["responses"]["InternalServerError2"];
            503: components["responses"]["ServiceUnavailable3"];
            504: components["responses"]["GatewayTimeout2"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        openapi: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            500: components["responses"]["InternalServerError2"];
            503: components["responses"]["ServiceUnavailable3"];
            504: components["responses"]["GatewayTimeout2"];
        };
    };
    sendAliasShort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendAlias: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    countEvents: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description Events before this time; by default, up to the last event. */
                end?: string;
                /** @description Only events of this type; may be repeated. */
                event_type?: string[];
                /** @description Also measures the numbers that `property` has: their sum, average, smallest, largest, or the one of the latest event. Requires `property` or `meter`. `uniques` estimates the number of different values, and requires a `meter` that was declared with `uniques`. Without a measure, only counts. */
                measure?: "sum" | "avg" | "min" | "max" | "latest" | "uniques";
                /** @description Reads this meter: its events, its value, and its dimensions for `by` and `where`. Not with `property` and `event_type`. It is a meter of `client`, by default of the key's client. */
                meter?: string;
                /** @description The payload property to measure, such as `payload.amount`. Requires `measure`. */
                property?: string;
                /** @description Events at or after this time; by default, from the first event. */
                start?: string;
                /** @description Only events that meet all of these conditions, each in its own parameter: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                where?: components["schemas"]["Condition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data. */
                        as_of: string | null;
                        count: number;
                        /** @description Age of `as_of`. */
                        lag_ms: number | null;
                        /** @description The meter, and how far it is filled. What it does not have yet is read from raw events, so the response is exact in each state. */
                        meter?: {
                            /** @description While `filling`: the meter has all events from this time on. Null before the first step, and when `complete`. */
                            complete_from: string | null;
                            name: string;
                            /**
                             * @description `waiting` until all workers know the meter; `filling` while it is filled with events that were stored before, from the newest to the oldest; `complete` when it has all events.
                             * @enum {string}
                             */
                            state: "waiting" | "filling" | "complete";
                        };
                        /**
                         * @description How `uniques` were counted.
                         * @constant
                         */
                        method?: "hyperloglog";
                        /** @description Events that have the property, but not as a number of at most 100 digits on each side of its point; they are not measured. Only with `measure`. */
                        not_numbers?: number;
                        /** @description Events in which the property is a number. Only with `measure`. */
                        numbers?: number;
                        /** @description With `uniques`: relative standard error of each `value`. */
                        relative_error?: number;
                        /**
                         * @description Whether the response was computed from rollups, raw rows, or both. Counts are exact in each case.
                         * @enum {string}
                         */
                        source: "rollup" | "raw" | "mixed";
                        /**
                         * @description The measure, with every digit; an average is rounded to 20 digits after the point. Null if no event has a number. With `uniques`, the estimated number of different values. Only with `measure`.
                         * @example 1234.5
                         */
                        value?: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getFunnel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                    client?: string;
                    /**
                     * Format: date-time
                     * @description Events before this time; by default, up to the last event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    end?: string;
                    /**
                     * @description A property of the payload: `payload.user.id`; in an array, `payload.items[0].sku`; other names in quotation marks, `payload."odd key"`.
                     * @example payload.user
                     */
                    key: string;
                    /**
                     * Format: date-time
                     * @description Events at or after this time; by default, from the first event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    start?: string;
                    steps: {
                        event_type: string;
                        /** @description Only events that meet all of these conditions: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                        where?: components["schemas"]["Condition"][];
                    }[];
                    window_seconds: number;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data. */
                        as_of: string | null;
                        /** @description Age of `as_of`. */
                        lag_ms: number | null;
                        /**
                         * @description Always computed from raw events.
                         * @constant
                         */
                        source: "raw";
                        steps: {
                            /** @description Share of the keys that reached the first step. */
                            conversion: number | null;
                            /** @description Distinct keys that reached the step. */
                            count: number;
                            event_type: string;
                            /** @description Share of the keys that reached the previous step. */
                            step_conversion: number | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity3"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    groupEvents: {
        parameters: {
            query: {
                /** @description `client`, `event_type` or `client,event_type`; with `meter`, names of its dimensions. */
                by: string;
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description Events before this time; by default, up to the last event. */
                end?: string;
                /** @description Only events of this type; may be repeated. */
                event_type?: string[];
                /** @description Maximum number of groups. */
                limit?: number;
                /** @description Also measures the numbers that `property` has: their sum, average, smallest, largest, or the one of the latest event. Requires `property` or `meter`. `uniques` estimates the number of different values, and requires a `meter` that was declared with `uniques`. Without a measure, only counts. */
                measure?: "sum" | "avg" | "min" | "max" | "latest" | "uniques";
                /** @description Reads this meter: its events, its value, and its dimensions for `by` and `where`. Not with `property` and `event_type`. It is a meter of `client`, by default of the key's client. */
                meter?: string;
                /** @description Order of the groups: most events first, fewest events first, or by name. With `measure`, `most` and `least` go by its value. */
                order?: "most" | "least" | "name";
                /** @description The payload property to measure, such as `payload.amount`. Requires `measure`. */
                property?: string;
                /** @description Events at or after this time; by default, from the first event. */
                start?: string;
                /** @description Only events that meet all of these conditions, each in its own parameter: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                where?: components["schemas"]["Condition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data. */
                        as_of: string | null;
                        groups: {
                            client_id?: string;
                            count: number;
                            /** @description With `meter`: values as they were sent, by the dimension's name; a missing one is absent. */
                            dimensions?: {
                                [key: string]: unknown;
                            };
                            event_type?: string;
                            /** @description Events that have the property, but not as a number of at most 100 digits on each side of its point; they are not measured. Only with `measure`. */
                            not_numbers?: number;
                            /** @description Events in which the property is a number. Only with `measure`. */
                            numbers?: number;
                            /** @description With `meter`: dimensions whose value is longer than 200 bytes of JSON, if there are any. */
                            too_long?: string[];
                            /**
                             * @description The measure, with every digit; an average is rounded to 20 digits after the point. Null if no event has a number. With `uniques`, the estimated number of different values. Only with `measure`.
                             * @example 1234.5
                             */
                            value?: string | null;
                        }[];
                        /** @description Age of `as_of`. */
                        lag_ms: number | null;
                        /** @description The meter, and how far it is filled. What it does not have yet is read from raw events, so the response is exact in each state. */
                        meter?: {
                            /** @description While `filling`: the meter has all events from this time on. Null before the first step, and when `complete`. */
                            complete_from: string | null;
                            name: string;
                            /**
                             * @description `waiting` until all workers know the meter; `filling` while it is filled with events that were stored before, from the newest to the oldest; `complete` when it has all events.
                             * @enum {string}
                             */
                            state: "waiting" | "filling" | "complete";
                        };
                        /**
                         * @description How `uniques` were counted.
                         * @constant
                         */
                        method?: "hyperloglog";
                        /** @description With `uniques`: relative standard error of each `value`. */
                        relative_error?: number;
                        /**
                         * @description Whether the response was computed from rollups, raw rows, or both. Counts are exact in each case.
                         * @enum {string}
                         */
                        source: "rollup" | "raw" | "mixed";
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getLatency: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description Events before this time; by default, up to the last event. */
                end?: string;
                /** @description Only events of this type; may be repeated. */
                event_type?: string[];
                /** @description Events at or after this time; by default, from the first event. */
                start?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data. */
                        as_of: string | null;
                        count: number;
                        /** @description Age of `as_of`. */
                        lag_ms: number | null;
                        max_ms: number | null;
                        p50_ms: number | null;
                        p95_ms: number | null;
                        p99_ms: number | null;
                        relative_error: number;
                        /**
                         * @description Whether the response was computed from rollups, raw rows, or both. Counts are exact in each case.
                         * @enum {string}
                         */
                        source: "rollup" | "raw" | "mixed";
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getSeries: {
        parameters: {
            query: {
                by?: string;
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description Events before this time; by default, now. */
                end?: string;
                /** @description Only events of this type; may be repeated. */
                event_type?: string[];
                interval: "minute" | "hour" | "day" | "week" | "month";
                /** @description With `by`: maximum number of groups, the first ones by `order`. */
                limit?: number;
                /** @description Also measures the numbers that `property` has: their sum, average, smallest, largest, or the one of the latest event. Requires `property` or `meter`. `uniques` estimates the number of different values, and requires a `meter` that was declared with `uniques`. Without a measure, only counts. */
                measure?: "sum" | "avg" | "min" | "max" | "latest" | "uniques";
                /** @description Reads this meter: its events, its value, and its dimensions for `by` and `where`. Not with `property` and `event_type`. It is a meter of `client`, by default of the key's client. */
                meter?: string;
                /** @description Order of the groups: most events first, fewest events first, or by name. With `measure`, `most` and `least` go by its value. */
                order?: "most" | "least" | "name";
                /** @description The payload property to measure, such as `payload.amount`. Requires `measure`. */
                property?: string;
                /** @description Events at or after this time; by default 60 minutes, 24 hours, 30 days, 26 weeks or 365 days before `end`. */
                start?: string;
                /** @description Time zone in which days begin: a name from the IANA time zone database, case-insensitive, or an offset from UTC as ±hh:mm. In a URL, write + as %2B. */
                tz?: string;
                /** @description Only events that meet all of these conditions, each in its own parameter: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                where?: components["schemas"]["Condition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data. */
                        as_of: string | null;
                        /** Format: date-time */
                        end: string;
                        /** @enum {string} */
                        interval: "minute" | "hour" | "day" | "week" | "month";
                        /** @description Age of `as_of`. */
                        lag_ms: number | null;
                        /** @description The meter, and how far it is filled. What it does not have yet is read from raw events, so the response is exact in each state. */
                        meter?: {
                            /** @description While `filling`: the meter has all events from this time on. Null before the first step, and when `complete`. */
                            complete_from: string | null;
                            name: string;
                            /**
                             * @description `waiting` until all workers know the meter; `filling` while it is filled with events that were stored before, from the newest to the oldest; `complete` when it has all events.
                             * @enum {string}
                             */
                            state: "waiting" | "filling" | "complete";
                        };
                        /**
                         * @description How `uniques` were counted.
                         * @constant
                         */
                        method?: "hyperloglog";
                        /** @description With `uniques`: relative standard error of each `value`. */
                        relative_error?: number;
                        series: {
                            /**
                             * Format: date-time
                             * @description Start of the bucket, with the offset of `tz` at that time.
                             * @example 2026-03-29T00:00:00+01:00
                             */
                            bucket: string;
                            client_id?: string;
                            count: number;
                            /** @description With `meter`: values as they were sent, by the dimension's name; a missing one is absent. */
                            dimensions?: {
                                [key: string]: unknown;
                            };
                            event_type?: string;
                            /** @description Events that have the property, but not as a number of at most 100 digits on each side of its point; they are not measured. Only with `measure`. */
                            not_numbers?: number;
                            /** @description Events in which the property is a number. Only with `measure`. */
                            numbers?: number;
                            /** @description With `meter`: dimensions whose value is longer than 200 bytes of JSON, if there are any. */
                            too_long?: string[];
                            /**
                             * @description The measure, with every digit; an average is rounded to 20 digits after the point. Null if no event has a number. With `uniques`, the estimated number of different values. Only with `measure`.
                             * @example 1234.5
                             */
                            value?: string | null;
                        }[];
                        /**
                         * @description Whether the response was computed from rollups, raw rows, or both. Counts are exact in each case.
                         * @enum {string}
                         */
                        source: "rollup" | "raw" | "mixed";
                        /** Format: date-time */
                        start: string;
                        tz: string;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getTop: {
        parameters: {
            query: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description Events before this time; by default, up to the last event. */
                end?: string;
                /** @description Only events of this type. */
                event_type?: string;
                /** @description Maximum number of values. */
                limit?: number;
                /** @description A property of the payload: `payload.user.id`; in an array, `payload.items[0].sku`; other names in quotation marks, `payload."odd key"`. */
                property: string;
                /** @description Events at or after this time; by default, from the first event. */
                start?: string;
                /** @description Only events that meet all of these conditions, each in its own parameter: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                where?: components["schemas"]["Condition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data. */
                        as_of: string | null;
                        /** @description Events that have the property. */
                        events: number;
                        /** @description Age of `as_of`. */
                        lag_ms: number | null;
                        /**
                         * @description Always computed from raw events.
                         * @constant
                         */
                        source: "raw";
                        /** @description Events whose value is longer than 1,000 bytes of JSON. `events` includes them, `values` does not. */
                        too_long: number;
                        values: {
                            count: number;
                            value: components["schemas"]["__schema0"];
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getUniques: {
        parameters: {
            query: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description Events before this time; by default, up to the last event. */
                end?: string;
                /** @description Only events of this type. */
                event_type?: string;
                /** @description Also counts by bucket; the buckets are those of `/v1/analytics/series`. */
                interval?: "hour" | "day" | "week" | "month";
                /** @description A property of the payload: `payload.user.id`; in an array, `payload.items[0].sku`; other names in quotation marks, `payload."odd key"`. */
                property: string;
                /** @description Events at or after this time; by default, from the first event. */
                start?: string;
                /** @description Time zone in which days begin: a name from the IANA time zone database, case-insensitive, or an offset from UTC as ±hh:mm. In a URL, write + as %2B. */
                tz?: string;
                /** @description Only events that meet all of these conditions, each in its own parameter: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                where?: components["schemas"]["Condition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data. */
                        as_of: string | null;
                        /** @description Ordered by start; buckets without a value are omitted. */
                        buckets?: {
                            /**
                             * Format: date-time
                             * @description Start of the bucket, with the offset of `tz` at that time.
                             * @example 2026-03-29T00:00:00+01:00
                             */
                            bucket: string;
                            count: number;
                        }[];
                        count: number;
                        /** @description Age of `as_of`. */
                        lag_ms: number | null;
                        /** @enum {string} */
                        method: "exact" | "hyperloglog";
                        /** @description Relative standard error of each count; 0 if exact. */
                        relative_error: number;
                        /**
                         * @description Always computed from raw events.
                         * @constant
                         */
                        source: "raw";
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description The caller's IP address. */
                address?: string;
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Calls before this time. */
                end?: string;
                /** @description Maximum rows per page. */
                limit?: number;
                method?: string;
                /** @description The exact path, or a prefix if it ends with *. */
                path?: string;
                /** @description `X-Request-Id` of the response. */
                request_id?: string;
                /** @description The route's template, such as /v1/events/{event_id}, or $default. */
                route?: string;
                /** @description Calls at or after this time. */
                start?: string;
                /** @description A status such as 429, or a class such as 4xx. */
                status?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        entries: components["schemas"]["AuditEntry"][];
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getProof: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditProof"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict3"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listCheckpoints: {
        parameters: {
            query?: {
                /** @description Only checkpoints with a higher number. */
                after?: number;
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checkpoints: components["schemas"]["TrailCheckpoint"][];
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    eraseAudit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The caller's address, as in the audit log.
                     * @example 192.0.2.1
                     */
                    address?: string;
                    /** @description Only calls with this client's keys. */
                    client?: string;
                    /**
                     * Format: date-time
                     * @description Calls before this time.
                     * @example 2026-11-23T06:00:00Z
                     */
                    end?: string;
                    /**
                     * Format: uuid
                     * @description Only this call.
                     */
                    request_id?: string;
                    /**
                     * Format: date-time
                     * @description Calls at or after this time.
                     * @example 2026-11-23T06:00:00Z
                     */
                    start?: string;
                    /** @description The exact user agent. */
                    user_agent?: string;
                } | unknown | unknown | unknown | unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditErased"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    exportAudit: {
        parameters: {
            query?: {
                /** @description The caller's IP address. */
                address?: string;
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description `X-Next-Cursor` from the previous piece. */
                cursor?: string;
                /** @description Calls before this time. */
                end?: string;
                format?: "ndjson" | "csv";
                /** @description Maximum entries per piece. NDJSON never divides a seal. */
                limit?: number;
                method?: string;
                /** @description The exact path, or a prefix if it ends with *. */
                path?: string;
                /** @description `X-Request-Id` of the response. */
                request_id?: string;
                /** @description The route's template, such as /v1/events/{event_id}, or $default. */
                route?: string;
                /** @description Calls at or after this time. */
                start?: string;
                /** @description A status such as 429, or a class such as 4xx. */
                status?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["ContentDisposition"];
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Next-Cursor": components["headers"]["NextCursor"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    followAudit: {
        parameters: {
            query?: {
                /** @description `next_cursor` from the previous response, or `latest` for what comes from now on. */
                after?: "latest" | string;
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description Maximum events; more only if a single seal of the trail has more. */
                limit?: number;
                method?: string;
                /** @description The exact path, or a prefix if it ends with *. */
                path?: string;
                /** @description Where to begin without `after`: with the seals of this day (UTC). */
                start?: string;
                /** @description A status such as 429, or a class such as 4xx. */
                status?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        events: ({
                            /** @constant */
                            class_uid: 6003;
                            time: number;
                            type_uid: number;
                        } & {
                            [key: string]: unknown;
                        })[];
                        next_cursor: string;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    verifyAudit: {
        parameters: {
            query?: {
                /** @description `next_cursor` from the previous response. */
                cursor?: string;
                /** @description Calls before this time. */
                end?: string;
                /** @description Maximum entries that one call verifies; it stops earlier if its time is up. */
                limit?: number;
                /** @description Calls at or after this time. */
                start?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verification"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendBatchShort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentBatch"];
                "text/plain": components["schemas"]["SegmentBatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendBatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentBatch"];
                "text/plain": components["schemas"]["SegmentBatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listClients: {
        parameters: {
            query?: {
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        clients: components["schemas"]["Client"][];
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createClient: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default true */
                    active?: boolean;
                    /**
                     * @description Maximum events at once. A larger batch is always rejected.
                     * @default 2000
                     */
                    burst?: number;
                    /** @description Generated if omitted. */
                    client_id?: string;
                    name: string;
                    /**
                     * @description Origins of the pages that may send with the client's keys, such as `https://shop.example`, or `*` for all. Only a key whose only scope is `ingest` may be in a page.
                     * @default []
                     * @example [
                     *       "https://shop.example"
                     *     ]
                     */
                    origins?: string[];
                    /**
                     * @description Events per second, on average.
                     * @default 1000
                     */
                    rate_limit_per_second?: number;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    changeClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    active?: boolean;
                    /** @description Maximum events at once. A larger batch is always rejected. */
                    burst?: number;
                    name?: string;
                    /**
                     * @description Origins of the pages that may send with the client's keys, such as `https://shop.example`, or `*` for all. Only a key whose only scope is `ingest` may be in a page.
                     * @example [
                     *       "https://shop.example"
                     *     ]
                     */
                    origins?: string[];
                    /** @description Events per second, on average. */
                    rate_limit_per_second?: number;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
            };
            header?: never;
            path: {
                client_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: components["schemas"]["ApiKey"][];
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Must be in the future. If null or omitted, the key does not expire. */
                    expires_at?: string | null;
                    scopes: ("ingest" | "read" | "audit" | "admin")[];
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
            };
            header?: never;
            path: {
                client_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                        webhooks: components["schemas"]["Webhook"][];
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description How the sender signs: as GitHub, as Stripe, or as Standard Webhooks.
                     * @enum {string}
                     */
                    kind: "github" | "standard" | "stripe";
                    /** @description The secret, if the sender has made it; always so with Stripe. For `standard` base64, with or without `whsec_`. If omitted, one is generated. */
                    secret?: string;
                    /**
                     * @description Its name in the URL, unique among all clients.
                     * @example github-main
                     */
                    source: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    addWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
                source: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The secret, if the sender has made it; always so with Stripe. For `standard` base64, with or without `whsec_`. If omitted, one is generated. */
                    secret?: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWebhookSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    removeWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                client_id: string;
                secret_id: string;
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listErasures: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        erasures: components["schemas"]["Erasure"][];
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createErasure: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The client that sent the events.
                     * @example demo
                     */
                    client: string;
                    /**
                     * @description Path of the payload property that identifies the subject, starting with `payload`.
                     * @example payload.user.id
                     */
                    property: string;
                    /**
                     * @description The value of the property. The type must match: 7 is not "7".
                     * @example u-1001
                     */
                    value: string | number | boolean;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getErasure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                erasure_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description With `order=asc`: `next_cursor` from the previous response, or `latest` for events that are stored from now on. Without it, the feed begins with the oldest event that it has. */
                after?: string;
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Events before this time; by default, up to the last event. */
                end?: string;
                /** @description Only the event with this id. Finds any stored id, including those that can't be in a path: `.`, `..`, and ids with a slash, which some gateways reject. */
                event_id?: string;
                /** @description Only events of this type. */
                event_type?: string;
                /** @description Maximum rows per page. */
                limit?: number;
                /** @description `desc`: the list, newest `timestamp` first. `asc`: the change feed, in the order of storing. */
                order?: "desc" | "asc";
                /** @description Events at or after this time; by default, from the first event. */
                start?: string;
                /** @description With `order=asc`: if nothing comes after the cursor, seconds to wait for an event. */
                wait?: number;
                /** @description Only events that meet all of these conditions, each in its own parameter: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                where?: components["schemas"]["Condition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        events: components["schemas"]["StoredEvent"][];
                        /** @description Null on the last page. With `order=asc` never null: the cursor from which to read on, also if there are no events. */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description W3C trace context of the sender. Spans of Weir become its children, and events keep the context with which they were queued. An invalid value is ignored. */
                traceparent?: string;
                /** @description Passed on with `traceparent`, if it has at most 512 characters. */
                tracestate?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/cloudevents-batch+json": components["schemas"]["CloudEvent"][];
                "application/cloudevents+json": components["schemas"]["CloudEvent"];
                "application/json": components["schemas"]["Event"] | {
                    events: components["schemas"]["Event"][];
                };
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity4"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getEvent: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
            };
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoredEvent"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    exportEvents: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Events before this time; by default, up to the last event. */
                end?: string;
                /** @description Only events of this type. */
                event_type?: string;
                format?: "ndjson" | "csv";
                /** @description Maximum events per piece. */
                limit?: number;
                /** @description Events at or after this time; by default, from the first event. */
                start?: string;
                /** @description Only events that meet all of these conditions, each in its own parameter: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                where?: components["schemas"]["Condition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["ContentDisposition"];
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Next-Cursor": components["headers"]["NextCursor"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendGroupShort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendGroup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendIdentifyShort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendIdentify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendImport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentBatch"];
                "text/plain": components["schemas"]["SegmentBatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getOwnKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnKey"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendLogs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportLogsServiceRequest"];
                "application/x-protobuf": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportLogsServiceResponse"];
                    "application/x-protobuf": components["schemas"]["ExportLogsServiceResponse"];
                };
            };
            400: components["responses"]["BadRequest6"];
            401: components["responses"]["Unauthorized3"];
            403: components["responses"]["Forbidden4"];
            413: components["responses"]["PayloadTooLarge2"];
            415: components["responses"]["UnsupportedMediaType2"];
            429: components["responses"]["TooManyRequests2"];
            500: components["responses"]["InternalServerError3"];
            503: components["responses"]["ServiceUnavailable6"];
            504: components["responses"]["GatewayTimeout3"];
        };
    };
    listMeters: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        meters: components["schemas"]["Meter"][];
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createMeter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The client that sends the events.
                     * @example demo
                     */
                    client_id: string;
                    /**
                     * @description Properties with few different values, to group and to filter by.
                     * @default []
                     */
                    dimensions?: {
                        /**
                         * @description Groups by it: `by=country`.
                         * @example country
                         */
                        name: string;
                        /**
                         * @description Conditions name it: `where=payload.country=DE`.
                         * @example payload.country
                         */
                        property: string;
                    }[];
                    /**
                     * @description The events that it counts.
                     * @example order.placed
                     */
                    event_type: string;
                    /** @example revenue */
                    name: string;
                    /**
                     * @description Also keeps a sketch of the values of each day, for `measure=uniques`. Requires `value`, which may then be of any kind.
                     * @default false
                     */
                    uniques?: boolean;
                    /** @default null */
                    value?: string | null;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meter"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getMeter: {
        parameters: {
            query?: {
                /** @description The meter's client; by default that of the key. A key without the scope admin sees only its own client's meters. */
                client?: string;
            };
            header?: never;
            path: {
                /** @description The meter's name. */
                meter: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meter"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteMeter: {
        parameters: {
            query?: {
                /** @description The meter's client; by default that of the key. A key without the scope admin sees only its own client's meters. */
                client?: string;
            };
            header?: never;
            path: {
                /** @description The meter's name. */
                meter: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendPageShort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendPage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getPipeline: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                write_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        integrations: {
                            "Segment.io": {
                                apiHost: string;
                                apiKey: string;
                                /** @enum {string} */
                                protocol: "http" | "https";
                            };
                        };
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listQuarantine: {
        parameters: {
            query?: {
                /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                client?: string;
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
                reason?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        events: components["schemas"]["QuarantinedEvent"][];
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                        reasons: {
                            count: number;
                            reason: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    redriveQuarantine: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                    client?: string;
                    event_keys?: string[];
                    /** @default 1000 */
                    limit?: number;
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        redriven: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listQueries: {
        parameters: {
            query?: {
                /** @description `next_cursor` from the previous page. Opaque, and stable while new rows arrive. */
                cursor?: string;
                /** @description Maximum rows per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Null on the last page. */
                        next_cursor: string | null;
                        queries: components["schemas"]["Query"][];
                    };
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createQuery: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                    client?: string;
                    /**
                     * @description Only tells the cost.
                     * @default false
                     */
                    dry_run?: boolean;
                    /**
                     * Format: date-time
                     * @description Events before this time; by default, up to the last event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    end?: string;
                    /** @description Only events of this type. */
                    event_type?: string;
                    /** @constant */
                    kind: "top";
                    /** @default 10 */
                    limit?: number;
                    /**
                     * @description A property of the payload: `payload.user.id`; in an array, `payload.items[0].sku`; other names in quotation marks, `payload."odd key"`.
                     * @example payload.user
                     */
                    property: string;
                    /**
                     * Format: date-time
                     * @description Events at or after this time; by default, from the first event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    start?: string;
                    /** @description Only events that meet all of these conditions: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                    where?: components["schemas"]["Condition"][];
                } | {
                    /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                    client?: string;
                    /**
                     * @description Only tells the cost.
                     * @default false
                     */
                    dry_run?: boolean;
                    /**
                     * Format: date-time
                     * @description Events before this time; by default, up to the last event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    end?: string;
                    /** @description Only events of this type. */
                    event_type?: string;
                    /**
                     * @description Also counts by bucket; the buckets are those of `/v1/analytics/series`.
                     * @enum {string}
                     */
                    interval?: "hour" | "day" | "week" | "month";
                    /** @constant */
                    kind: "uniques";
                    /**
                     * @description A property of the payload: `payload.user.id`; in an array, `payload.items[0].sku`; other names in quotation marks, `payload."odd key"`.
                     * @example payload.user
                     */
                    property: string;
                    /**
                     * Format: date-time
                     * @description Events at or after this time; by default, from the first event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    start?: string;
                    /**
                     * @description Time zone in which days begin: a name from the IANA time zone database, case-insensitive, or an offset from UTC as ±hh:mm. In a URL, write + as %2B.
                     * @default UTC
                     * @example Europe/Berlin
                     */
                    tz?: string;
                    /** @description Only events that meet all of these conditions: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                    where?: components["schemas"]["Condition"][];
                } | {
                    /** @description Only this client's data. A key without the scope admin sees only its own client's data. */
                    client?: string;
                    /**
                     * @description Only tells the cost.
                     * @default false
                     */
                    dry_run?: boolean;
                    /**
                     * Format: date-time
                     * @description Events before this time; by default, up to the last event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    end?: string;
                    /**
                     * @description A property of the payload: `payload.user.id`; in an array, `payload.items[0].sku`; other names in quotation marks, `payload."odd key"`.
                     * @example payload.user
                     */
                    key: string;
                    /** @constant */
                    kind: "funnel";
                    /**
                     * Format: date-time
                     * @description Events at or after this time; by default, from the first event.
                     * @example 2026-11-23T06:00:00Z
                     */
                    start?: string;
                    steps: {
                        event_type: string;
                        /** @description Only events that meet all of these conditions: `payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not. */
                        where?: components["schemas"]["Condition"][];
                    }[];
                    window_seconds: number;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cost: components["schemas"]["QueryCost"];
                    };
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Query"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity3"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getQuery: {
        parameters: {
            query?: {
                /** @description Seconds to work on it. The call ends earlier if the query does, and after the part that it has begun. */
                wait?: number;
            };
            header?: never;
            path: {
                query_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Query"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity2"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteQuery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                query_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getReceipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                receipt_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
            400: components["responses"]["BadRequest2"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable2"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendScreenShort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendScreen: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendTrackShort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    sendTrack: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SegmentCall"];
                "text/plain": components["schemas"]["SegmentCall"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentSuccess"];
                };
            };
            400: components["responses"]["BadRequest5"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden2"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    receiveWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Stripe: `t=…,v1=…`, at most 300 seconds old. */
                "Stripe-Signature"?: string;
                /** @description Standard Webhooks: becomes the `event_id`. Also `svix-id`. */
                "webhook-id"?: string;
                /** @description Standard Webhooks: `v1,…`, several separated by spaces. Also `svix-signature`. */
                "webhook-signature"?: string;
                /** @description Standard Webhooks: seconds since the Unix epoch, at most 300 away. Also `svix-timestamp`. */
                "webhook-timestamp"?: string;
                /** @description GitHub: becomes the `event_id`. */
                "X-GitHub-Delivery"?: string;
                /** @description GitHub: with the body's `action`, becomes the `event_type`. */
                "X-GitHub-Event"?: string;
                /** @description GitHub: `sha256=` and the HMAC of the body. */
                "X-Hub-Signature-256"?: string;
            };
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
                "application/x-www-form-urlencoded": {
                    /** @description JSON, as GitHub sends it if it is set up so. */
                    payload: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["BadRequest4"];
            401: components["responses"]["Unauthorized2"];
            403: components["responses"]["Forbidden3"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable5"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
}
