"""The local stack's calls to the emulator through the AWS SDK."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.layout import REGION, ROOT_KEY, STACK
from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN, EXPO_ACCESS_TOKEN

# Maximum number of workers of a consumer: the template's `Size` for a laptop.
WORKERS = 2

CALLER = f"{STACK}-caller"
OPERATOR = f"{STACK}-operator"
KEY = ("access_key_id", "secret_access_key")
ARTIFACTS = f"{STACK}-artifacts"
PROVIDER_SECRETS: dict[str, dict[str, str | int]] = {
    "twilio": {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "from": "+15005550006",  # Twilio's test number
    },
    "expo": {"access_token": EXPO_ACCESS_TOKEN},
    # The simulator's mail server, which is used with EmailTransport=smtp. It offers no encryption.
    "email": {
        "host": "127.0.0.1",
        "port": 0,
        "security": "none",
        "username": "",
        "password": "",
    },
}


class Cloud:
    """A client of the emulator with its root key."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session(
            aws_access_key_id=ROOT_KEY["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_KEY["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def client(self, service: str) -> Any:
        """Create a client of one service."""
        return self._session.client(
            service,
            endpoint_url=self.endpoint,
            config=Config(proxies={}, retries={"mode": "standard"}),
        )

    def stack_id(self) -> str | None:
        """Return the id of the deployed stack; None if it is missing or incomplete."""
        stack = self._stack()
        complete = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        return str(stack["StackId"]) if stack and stack["StackStatus"] in complete else None

    def failures(self) -> list[str]:
        """Return the failures of the stack's last operations, oldest first."""
        if self._stack() is None:
            return []
        pages = self.client("cloudformation").get_paginator("describe_stack_events")
        return [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'failed')}"
            for page in pages.paginate(StackName=STACK)
            for event in page["StackEvents"]
            if event["ResourceStatus"].endswith("_FAILED")
        ][::-1]

    def remove_failed_stack(self) -> None:
        """Remove a stack whose creation failed; CloudFormation does not update such a stack."""
        stack = self._stack()
        if stack and stack["StackStatus"] in {"ROLLBACK_COMPLETE", "CREATE_FAILED"}:
            cloudformation = self.client("cloudformation")
            cloudformation.delete_stack(StackName=stack["StackId"])
            waiter = cloudformation.get_waiter("stack_delete_complete")
            waiter.wait(StackName=stack["StackId"], WaiterConfig={"Delay": 1})

    def _stack(self) -> dict[str, Any] | None:
        try:
            description = self.client("cloudformation").describe_stacks(StackName=STACK)
        except ClientError:
            return None
        stack: dict[str, Any] = description["Stacks"][0]
        return stack

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        outputs = (self._stack() or {"Outputs": ()})["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def functions(self) -> dict[str, str]:
        """Return the name of each function by its logical ID."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages.paginate(StackName=STACK)
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::Lambda::Function"
        }

    def warm_up(self) -> None:
        """Start the workers that the functions will need, with events without records."""
        client = self.client("lambda")
        event = json.dumps({"Records": []})

        def start(function: str) -> None:
            client.invoke(FunctionName=function, Payload=event)

        consumers = [real for name, real in self.functions().items() if name.startswith("Deliver")]
        with ThreadPoolExecutor(WORKERS * len(consumers)) as pool:
            list(pool.map(start, consumers * WORKERS))

    def reset_dispatcher(self, modules_table: str) -> None:
        """Reset the dispatcher's progress, because it was recorded at another time."""
        client = self.client("dynamodb")
        for item in client.scan(TableName=modules_table)["Items"]:
            client.update_item(
                TableName=modules_table,
                Key={"name": item["name"]},
                UpdateExpression="SET cursors = :none, swept_at = :never, probed_at = :never",
                ExpressionAttributeValues={":none": {"M": {}}, ":never": {"N": "0"}},
            )

    def tick(self, dispatcher: str) -> dict[str, Any]:
        """Run the dispatcher now; return its answer."""
        answer = self.client("lambda").invoke(FunctionName=dispatcher, Payload=b"{}")
        done: dict[str, Any] = json.loads(answer["Payload"].read())
        return done

    def variables(self, function: str) -> dict[str, str]:
        """Return the environment variables of a deployed function."""
        configuration = self.client("lambda").get_function_configuration(FunctionName=function)
        variables: dict[str, str] = configuration["Environment"]["Variables"]
        return variables

    def queue_depths(self) -> Iterator[tuple[str, int, int]]:
        """Yield each queue's name and the numbers of its visible and its other messages."""
        sqs = self.client("sqs")
        for url in sqs.list_queues().get("QueueUrls", []):
            names = [
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ]
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            visible, *others = (int(attributes[name]) for name in names)
            yield url.rpartition("/")[2], visible, sum(others)

    def make_bucket(self) -> str:
        """Create the bucket for SAM's uploads if it does not exist."""
        self.client("s3").create_bucket(Bucket=ARTIFACTS)
        return ARTIFACTS

    def fill_credentials(self, smtp_port: int, store: str | None) -> None:
        """Store the simulator's credentials in place of the real ones.

        `store` is the value of the template's `CredentialsIn`; None means its default.
        """
        for name, secret in PROVIDER_SECRETS.items():
            value = secret | ({"port": smtp_port} if "port" in secret else {})
            self._put_credentials(name, json.dumps(value), store)

    def _put_credentials(self, module: str, text: str, store: str | None) -> None:
        if store == "ParameterStore":
            self.client("ssm").put_parameter(
                Name=f"/{STACK}/{module}", Value=text, Type="SecureString", Overwrite=True
            )
        else:
            self.client("secretsmanager").put_secret_value(
                SecretId=f"{STACK}/{module}", SecretString=text
            )

    def verify_sender(self, address: str) -> None:
        """Verify a sender in both SES APIs, whose identities the emulator keeps separately."""
        self.client("ses").verify_email_identity(EmailAddress=address)
        self.client("sesv2").create_email_identity(EmailIdentity=address)

    def make_caller(self, known_key: dict[str, str] | None) -> dict[str, str]:
        """Create the user that may only invoke the API; return its access key."""
        return self._make_user(CALLER, known_key)

    def make_operator(
        self, policies: Sequence[str], known_key: dict[str, str] | None
    ) -> dict[str, str]:
        """Create the user with the permissions of an operator; return its access key."""
        operator_key = {name: (known_key or {}).get(f"operator_{name}", "") for name in KEY}
        new_key = self._make_user(OPERATOR, operator_key)
        for policy in policies:
            self.client("iam").attach_user_policy(UserName=OPERATOR, PolicyArn=policy)
        return {f"operator_{name}": new_key[name] for name in KEY}

    def _make_user(self, name: str, known_key: dict[str, str] | None) -> dict[str, str]:
        iam = self.client("iam")
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName=name)
        # A wildcard of the emulator does not match a line break, which a user id in a path may
        # contain. Only a bare "*" matches it too.
        allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_user_policy(UserName=name, PolicyName="invoke", PolicyDocument=policy)
        keys = [
            key["AccessKeyId"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        ]
        if known_key and known_key["access_key_id"] in keys:
            return {name: known_key[name] for name in KEY}
        for key in keys:
            iam.delete_access_key(UserName=name, AccessKeyId=key)
        new_key = iam.create_access_key(UserName=name)["AccessKey"]
        return {
            "access_key_id": new_key["AccessKeyId"],
            "secret_access_key": new_key["SecretAccessKey"],
        }
