"""What `configuration.py` left, after the daemon was ended and started again."""

import datetime

from awsiot.greengrasscoreipc.model import FailedUpdateConditionCheckError

from checks import check, connect, raises, run, same

alpha = connect()


@check('what was updated is kept, and what was not is as it is configured')
def kept():
    same(alpha.get_configuration(key_path=['tree', 'branch', 'leaf']).value, {'leaf': 'red'})
    same(alpha.get_configuration(key_path=['watched']).value, {'a': {'b': 2}, 'c': 3})
    same(alpha.get_configuration(key_path=['number']).value, {'number': 1})


@check('an update that is older than what was kept is refused')
def older():
    long_ago = datetime.datetime.fromtimestamp(1, datetime.timezone.utc)
    raises(FailedUpdateConditionCheckError, alpha.update_configuration,
           key_path=['time'], timestamp=long_ago, value_to_merge={'a': 2})


run()
