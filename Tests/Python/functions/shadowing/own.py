import lambda_context


def handler(event, context):
    return lambda_context.name
