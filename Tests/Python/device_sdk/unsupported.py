"""Operations of other plugins, which nobody serves here: each is answered with a ServiceError that says so."""

from awsiot.greengrasscoreipc.model import (
    CertificateOptions, CertificateType, ClientDeviceCredential, CredentialDocument, MQTTCredential, ServiceError)

from checks import PATIENCE_SECONDS, Events, check, connect, publish, raises, run

client = connect()

OPERATIONS = {
    'shadows': [
        (client.get_thing_shadow, {'thing_name': 't', 'shadow_name': ''}),
        (client.update_thing_shadow, {'thing_name': 't', 'payload': b'{}'}),
        (client.delete_thing_shadow, {'thing_name': 't'}),
        (client.list_named_shadows_for_thing, {'thing_name': 't', 'page_size': 5}),
    ],
    'secrets': [(client.get_secret_value, {'secret_id': 's', 'version_stage': 'AWSCURRENT', 'refresh': True})],
    'local deployments': [
        (client.create_local_deployment, {'root_component_versions_to_add': {'a': '1.0.0'}}),
        (client.get_local_deployment_status, {'deployment_id': 'd'}),
        (client.cancel_local_deployment, {'deployment_id': 'd'}),
        (client.list_local_deployments, {}),
    ],
    'client devices': [
        (client.verify_client_device_identity, {'credential': ClientDeviceCredential(client_device_certificate='c')}),
        (client.get_client_device_auth_token,
         {'credential': CredentialDocument(mqtt_credential=MQTTCredential(client_id='c'))}),
        (client.authorize_client_device_action,
         {'client_device_auth_token': 't', 'operation': 'mqtt:publish', 'resource': 'mqtt:topic:a'}),
        (client.subscribe_to_certificate_updates,
         {'certificate_options': CertificateOptions(certificate_type=CertificateType.SERVER), **Events().handlers()}),
    ],
}

for plugin, operations in OPERATIONS.items():
    for operation, arguments in operations:

        @check('{} is answered with a ServiceError'.format(operation.__name__))
        def answer(plugin=plugin, operation=operation, arguments=arguments):
            raises(ServiceError, operation, plugin, **arguments)


@check('the connection goes on after them')
def others():
    publish(client, 'data/a', {})


run()
