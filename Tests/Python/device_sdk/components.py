"""What components ask of the core and of each other, as the component `alpha`."""

import datetime
import subprocess
import time

from awsiot.eventstreamrpc import AccessDeniedError
from awsiot.greengrasscoreipc.model import (
    ComponentNotFoundError, InvalidArgumentsError, InvalidTokenError, Metric, MetricUnitType,
    ReportedLifecycleState, RequestStatus, ResourceNotFoundError, ServiceError, UnauthorizedError)

from checks import PATIENCE_SECONDS, Events, check, close, connect, os, publish, raises, run, same, subscribe

alpha = connect()
beta = connect(os.environ['BETA_TOKEN'])

# A name that no component has, as a program might have misspelt it.
NOT_FOUND = (ComponentNotFoundError, ResourceNotFoundError)


def state(name):
    return alpha.get_component_details(component_name=name).component_details.state


def until(state_of, *states):
    """Waits for a state; nothing tells of it."""
    found = None
    while found not in states:
        found = state(state_of)


@check('all components are listed, functions too')
def listed():
    components = {each.component_name: each for each in alpha.list_components().components}
    assert {'alpha', 'beta', 'stranger', 'worker', 'actor'} <= set(components), components
    same((components['worker'].version, components['worker'].state), ('1.2.3', 'RUNNING'))
    same(components['worker'].configuration, {'a': [1, None]})


@check('the details of a component are what the list says of it')
def details():
    found = alpha.get_component_details(component_name='worker').component_details
    same(found, next(each for each in alpha.list_components().components if each.component_name == 'worker'))
    raises(NOT_FOUND, alpha.get_component_details, 'nobody', component_name='nobody')
    raises(InvalidArgumentsError, alpha.get_component_details)


@check('components are asked about and changed by those only that a policy allows it')
def unauthorized():
    for operation in (beta.list_components, beta.create_debug_password):
        raises(UnauthorizedError, operation, 'beta')
    for operation in (beta.get_component_details, beta.restart_component, beta.stop_component,
                      beta.pause_component, beta.resume_component):
        raises(UnauthorizedError, operation, 'beta', 'worker', component_name='worker')


@check('a component is paused, and does nothing until it is resumed')
def pause():
    ticks, operation = subscribe(alpha, 'worker/ticks')
    ticks.next()
    alpha.pause_component(component_name='worker')
    alpha.pause_component(component_name='worker')
    with open(os.environ['WORKER_PID']) as file:
        stat = '/proc/{}/stat'.format(file.read())

    def is_stopped():
        with open(stat) as file:
            return file.read().rpartition(')')[2].split()[0] == 'T'

    while not is_stopped():
        time.sleep(0.01)
    alpha.resume_component(component_name='worker')
    while is_stopped():
        time.sleep(0.01)
    while not ticks._queue.empty():
        ticks.next()
    ticks.next()
    close(operation)
    for operation in (alpha.pause_component, alpha.resume_component):
        raises(NOT_FOUND, operation, component_name='nobody')
        raises(InvalidArgumentsError, operation)


@check('a component is stopped and restarted, and has another token then')
def stop_and_restart():
    with open(os.environ['WORKER_PID']) as file, open('/proc/{}/environ'.format(file.read())) as environment:
        token = next(each[7:] for each in environment.read().split('\0') if each.startswith('SVCUID='))
    connect(token).close()
    ticks, operation = subscribe(alpha, 'worker/ticks')
    same(alpha.stop_component(component_name='worker').stop_status, RequestStatus.SUCCEEDED)
    assert state('worker') != 'RUNNING'
    raises(AccessDeniedError, connect, token=token)
    same(alpha.restart_component(component_name='worker').restart_status, RequestStatus.SUCCEEDED)
    while not ticks._queue.empty():
        ticks.next()
    ticks.next()
    until('worker', 'RUNNING')
    close(operation)
    for operation in (alpha.stop_component, alpha.restart_component):
        raises(NOT_FOUND, operation, component_name='nobody')
        raises(InvalidArgumentsError, operation)


@check('a component says that it runs, or that it is in trouble')
def update_state():
    response = beta.update_state(state=ReportedLifecycleState.RUNNING)
    same(type(response).__name__, 'UpdateStateResponse')
    until('beta', 'RUNNING')
    for wrong in ('BROKEN', 'running', ''):
        raises(InvalidArgumentsError, beta.update_state, state=wrong)
    raises(InvalidArgumentsError, beta.update_state)
    connect(os.environ['STRANGER_TOKEN']).update_state(state=ReportedLifecycleState.ERRORED)
    # It is started again, as in the originals.
    until('stranger', 'ERRORED', 'STARTING', 'RUNNING')


@check('who subscribed to updates is asked before one, and told after it')
def updates():
    events = Events()
    response, operation = alpha.subscribe_to_component_updates(**events.handlers())
    same(type(response).__name__, 'SubscribeToComponentUpdatesResponse')
    update = subprocess.Popen(
        [os.environ['TRELLIS'], 'component', 'restart', '-n', 'worker', '--root', os.environ['ROOT']])
    asked = events.next().pre_update_event
    same(asked.is_ggc_restarting, False)
    assert asked.deployment_id
    alpha.defer_component_update(deployment_id=asked.deployment_id, recheck_after_ms=1, message='busy')
    again = events.next().pre_update_event
    same(again.deployment_id, asked.deployment_id)
    alpha.defer_component_update(deployment_id=again.deployment_id, recheck_after_ms=0)
    same(events.next().post_update_event.deployment_id, asked.deployment_id)
    same(update.wait(PATIENCE_SECONDS), 0)
    close(operation)
    events.nothing_else()


@check('an update can be put off by those only who were asked')
def deferral():
    raises(InvalidArgumentsError, alpha.defer_component_update, deployment_id='nothing', recheck_after_ms=1)
    raises(InvalidArgumentsError, alpha.defer_component_update, recheck_after_ms=1)
    events = Events()
    _, operation = alpha.subscribe_to_component_updates(**events.handlers())
    raises(ServiceError, alpha.defer_component_update, deployment_id='nothing', recheck_after_ms=1)
    raises(InvalidArgumentsError, alpha.defer_component_update, deployment_id='nothing', recheck_after_ms=-1)
    close(operation)


@check('only the stream manager validates tokens')
def tokens():
    raises(UnauthorizedError, alpha.validate_authorization_token, token=os.environ['BETA_TOKEN'])
    manager = connect(os.environ['STREAM_MANAGER_TOKEN'])
    same(manager.validate_authorization_token(token=os.environ['BETA_TOKEN']).is_valid, True)
    raises(InvalidTokenError, manager.validate_authorization_token, token='x')
    raises(InvalidArgumentsError, manager.validate_authorization_token)
    manager.close()


@check('metrics are taken, and refused when they are none')
def metrics():
    fine = [Metric(name='count', unit=MetricUnitType.COUNT, value=1), Metric(name='time', unit='SECONDS', value=0.5)]
    response = alpha.put_component_metric(metrics=fine)
    same(type(response).__name__, 'PutComponentMetricResponse')
    for wrong in (
            Metric(name='count', unit='APPLES', value=1), Metric(name='count', unit='COUNT', value=-1),
            Metric(unit='COUNT', value=1), Metric(name='count', value=1), Metric(name='count', unit='COUNT')):
        raises(InvalidArgumentsError, alpha.put_component_metric, metrics=[fine[0], wrong])
    raises(InvalidArgumentsError, alpha.put_component_metric)
    raises(UnauthorizedError, beta.put_component_metric, 'beta', metrics=fine)


@check('a debug password is made')
def debug_password():
    password = alpha.create_debug_password()
    same(password.username, 'debug')
    assert len(password.password) >= 20
    left = password.password_expiration.timestamp() - datetime.datetime.now().timestamp()
    assert 0 < left < 48 * 3_600, left


run()
