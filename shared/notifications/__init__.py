"""The notification system: rules, stores and the Lambda edge, one package in one layer.

domain    what is true: the four entities, their transitions, what an outcome means
ports     what the use cases need from outside: stores, queues
usecases  what the system does: schedule, dispatch, deliver, confirm, cancel, opt out
adapters  the ports over DynamoDB, S3 and SQS, and the same in memory
edge      the only code that knows Lambda, the environment and HTTP
"""
