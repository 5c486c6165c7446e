"""Conditional writes, as statements and as parts of transactions."""

from notification_core.adapters.dynamodb.fast.attributes import number, string
from notification_core.adapters.dynamodb.fast.writes import Update, deletion, insertion

UPDATE = Update(
    "t",
    values={"status": string("SENDING"), "due_at": number(2)},
    held={"id": string("1"), "due_at": number(1), "status": [string("RETRY"), string("NEW")]},
    removed=["lease_until"],
)


def test_an_update_is_a_statement_whose_parameters_are_in_the_order_of_its_marks() -> None:
    assert UPDATE.statement() == {
        "Statement": (
            'UPDATE "t" SET "status"=? SET "due_at"=? REMOVE "lease_until"'
            ' WHERE "id"=? AND "due_at"=? AND "status" IN [?, ?]'
        ),
        "Parameters": [
            string("SENDING"),
            number(2),
            string("1"),
            number(1),
            string("RETRY"),
            string("NEW"),
        ],
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    assert UPDATE.statement("RETURNING ALL NEW *")["Statement"].endswith("] RETURNING ALL NEW *")


def test_an_update_is_the_same_change_in_a_transaction() -> None:
    assert UPDATE.in_transaction() == {
        "Update": {
            "TableName": "t",
            "Key": {"id": string("1")},
            "UpdateExpression": "SET #status = :status, #due_at = :due_at REMOVE #lease_until",
            "ConditionExpression": (
                "#id = :held_id AND #due_at = :held_due_at"
                " AND #status IN (:held_status_0, :held_status_1)"
            ),
            "ExpressionAttributeNames": {
                "#status": "status",
                "#due_at": "due_at",
                "#lease_until": "lease_until",
                "#id": "id",
            },
            "ExpressionAttributeValues": {
                ":status": string("SENDING"),
                ":due_at": number(2),
                ":held_id": string("1"),
                ":held_due_at": number(1),
                ":held_status_0": string("RETRY"),
                ":held_status_1": string("NEW"),
            },
        }
    }


def test_an_insertion_and_a_deletion_are_statements() -> None:
    assert insertion("t", {"id": string("1"), "due_at": number(1)}) == {
        "Statement": "INSERT INTO \"t\" VALUE {'id': ?, 'due_at': ?}",
        "Parameters": [string("1"), number(1)],
    }
    assert deletion("t", {"id": string("1"), "due_at": number(1)}) == {
        "Statement": 'DELETE FROM "t" WHERE "id"=? AND "due_at"=?',
        "Parameters": [string("1"), number(1)],
    }
