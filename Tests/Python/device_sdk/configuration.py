"""Configurations, as the component `alpha`; what it starts with is in the test."""

import datetime
import time

from awsiot.greengrasscoreipc.model import (
    ConfigurationValidityReport, ConfigurationValidityStatus, FailedUpdateConditionCheckError,
    InvalidArgumentsError, ResourceNotFoundError, ServiceError)

from checks import PATIENCE_SECONDS, Events, check, close, connect, os, raises, run, same

alpha = connect()
beta = connect(os.environ['BETA_TOKEN'])

STARTED_WITH = {
    'text': 'grüße', 'number': 1, 'large': 12345678901234567890, 'fraction': 1.0, 'no': None, 'list': [1, {'a': 2}],
    'tree': {'branch': {'leaf': 'green', 'other': True}, 'leaf': 7},
}


def now(seconds_later=0):
    return datetime.datetime.fromtimestamp(time.time() + seconds_later, datetime.timezone.utc)


def value(path, client=alpha, **arguments):
    response = client.get_configuration(key_path=path, **arguments)
    return response.value


def update(path, value, client=alpha, later=0):
    response = client.update_configuration(key_path=path, timestamp=now(later), value_to_merge=value)
    same(type(response).__name__, 'UpdateConfigurationResponse')


def subscribe(path, client=alpha, name=None):
    events = Events()
    response, operation = client.subscribe_to_configuration_update(
        component_name=name, key_path=path, **events.handlers())
    same(type(response).__name__, 'SubscribeToConfigurationUpdateResponse')
    return events, operation


def changed(events):
    event = events.next().configuration_update_event
    return event.component_name, event.key_path


@check('a component reads what it is configured with, all of it and parts')
def read():
    for path in (None, []):
        response = alpha.get_configuration(key_path=path)
        same(response.component_name, 'alpha')
        same({key: response.value[key] for key in STARTED_WITH}, STARTED_WITH)
        same(repr(response.value['fraction']), '1.0')
        same(repr(response.value['number']), '1')
    same(value(['tree', 'branch']), {'leaf': 'green', 'other': True})
    same(value(['tree', 'branch', 'leaf']), {'leaf': 'green'})
    same(value(['list']), {'list': [1, {'a': 2}]})
    same(value(['no']), {'no': None})


@check('anybody may read the configuration of another component')
def read_another():
    same(value(['tree', 'leaf'], beta, component_name='alpha'), {'leaf': 7})
    same(beta.get_configuration(component_name='alpha', key_path=['text']).component_name, 'alpha')


@check('a key or a component that is not there is answered with ResourceNotFoundError')
def not_found():
    for path in (['x'], ['tree', 'x'], ['tree', 'leaf', 'x'], ['']):
        raises(ResourceNotFoundError, value, path=path)
    raises(ResourceNotFoundError, value, path=['a'], component_name='nobody')
    raises(ResourceNotFoundError, alpha.subscribe_to_configuration_update, key_path=['x'], **Events().handlers())
    raises(ResourceNotFoundError, alpha.subscribe_to_configuration_update,
           component_name='nobody', key_path=[], **Events().handlers())


@check('an update is merged where it says')
def merge():
    update(['tree', 'branch'], {'leaf': 'red', 'new': {'er': [1, 2]}})
    same(value(['tree']), {'branch': {'leaf': 'red', 'other': True, 'new': {'er': [1, 2]}}, 'leaf': 7})
    update([], {'top': {'a': 1}})
    update(None, {'top': {'b': None}})
    same(value(['top']), {'a': 1, 'b': None})
    update(['made', 'on', 'the', 'way'], {'x': 1.50})
    same(value(['made']), {'on': {'the': {'way': {'x': 1.5}}}})
    # A leaf gives way to what is merged there.
    update(['tree', 'leaf'], {'now': 'a tree'})
    same(value(['tree', 'leaf']), {'now': 'a tree'})
    same(value(['text']), {'text': 'grüße'})


@check('an update that is older than what is there is refused')
def older():
    update(['time'], {'a': 1})
    raises(FailedUpdateConditionCheckError, update, path=['time'], value={'a': 2}, later=-3_600)
    same(value(['time', 'a']), {'a': 1})


@check('policies and what is not whole are refused')
def refused():
    raises(InvalidArgumentsError, update, path=[], value={'accessControl': {}})
    raises(InvalidArgumentsError, update, path=['accessControl'], value={'a': {}})
    raises(InvalidArgumentsError, alpha.update_configuration, key_path=[], timestamp=now())
    raises(InvalidArgumentsError, alpha.update_configuration, key_path=[], value_to_merge={'a': 1})


@check('changes come with the path of what changed, to who subscribed to it or above it')
def updates():
    update(['watched'], {'a': {'b': 1}, 'c': 1})
    all_events, all_operation = subscribe([])
    above, above_operation = subscribe(['watched'])
    leaf, leaf_operation = subscribe(['watched', 'a', 'b'])
    other, other_operation = subscribe(['watched'], beta, 'alpha')
    update(['watched', 'a'], {'b': 2})
    for events in (all_events, above, leaf, other):
        same(changed(events), ('alpha', ['watched', 'a', 'b']))
    update(['watched'], {'c': 2})
    for events in (all_events, above, other):
        same(changed(events), ('alpha', ['watched', 'c']))
    close(above_operation)
    update(['watched'], {'c': 3})
    for events in (all_events, other):
        same(changed(events), ('alpha', ['watched', 'c']))
    for events, operation in ((leaf, leaf_operation), (all_events, all_operation), (other, other_operation)):
        close(operation)
        events.nothing_else()
    above.nothing_else()


@check('a configuration of one component is not changed by another')
def own_only():
    update(['text'], {'of': 'beta'}, beta)
    same(value(['text']), {'text': 'grüße'})
    same(value(['text'], beta), {'of': 'beta'})


@check('a report on a configuration that nobody waits for is refused')
def unasked_report():
    events = Events()
    response, operation = alpha.subscribe_to_validate_configuration_updates(**events.handlers())
    same(type(response).__name__, 'SubscribeToValidateConfigurationUpdatesResponse')
    report = ConfigurationValidityReport(status=ConfigurationValidityStatus.ACCEPTED, deployment_id='nothing')
    raises((InvalidArgumentsError, ServiceError), alpha.send_configuration_validity_report,
           configuration_validity_report=report)
    raises(InvalidArgumentsError, alpha.send_configuration_validity_report)
    raises(InvalidArgumentsError, alpha.send_configuration_validity_report,
           configuration_validity_report=ConfigurationValidityReport(status='MAYBE', deployment_id='nothing'))
    close(operation)
    events.nothing_else()


run()
