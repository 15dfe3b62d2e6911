"""A component that is asked before components are updated, and before it gets another configuration.

It puts the first update off once, and can't work with the level 13.
"""

import signal

from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
from awsiot.greengrasscoreipc.model import ConfigurationValidityReport, ConfigurationValidityStatus

client = GreengrassCoreIPCClientV2()
ASKED = []


def on_update(event):
    if event.post_update_event:
        print('UPDATED', event.post_update_event.deployment_id == ASKED[-1], flush=True)
        return
    ASKED.append(event.pre_update_event.deployment_id)
    print('ASKED', len(ASKED), event.pre_update_event.is_ggc_restarting, flush=True)
    client.defer_component_update(
        deployment_id=ASKED[-1], recheck_after_ms=1 if len(ASKED) == 1 else 0, message='busy'
    )


def on_validation(event):
    question = event.validate_configuration_update_event
    print('VALIDATES', question.configuration, flush=True)
    is_good = question.configuration['level'] != 13
    client.send_configuration_validity_report(
        configuration_validity_report=ConfigurationValidityReport(
            status=ConfigurationValidityStatus.ACCEPTED if is_good else ConfigurationValidityStatus.REJECTED,
            deployment_id=question.deployment_id,
            message=None if is_good else 'level 13 brings bad luck',
        )
    )


client.subscribe_to_component_updates(on_stream_event=on_update)
client.subscribe_to_validate_configuration_updates(on_stream_event=on_validation)
print('READY', client.get_configuration().value, flush=True)
signal.pause()
