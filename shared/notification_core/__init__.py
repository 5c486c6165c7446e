"""The notification system: one package, in one Lambda layer. Imports point downwards.

entrypoints  one module for each trigger: the HTTP API, queues, schedules, webhooks
runtime      settings, wiring, clock, credentials, logs and metrics
providers    SES, SMTP, Twilio and HTTP: requests to the providers, and what their answers mean
adapters     the ports over DynamoDB, S3 and SQS, and the same in memory
usecases     what the system does, by subject: sending, consent, privacy, queries, administration
ports        the interfaces that use cases need: stores, queues
domain       the four entities, their transitions and every rule; standard library only
"""
