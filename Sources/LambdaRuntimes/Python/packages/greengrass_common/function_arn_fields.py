"""Takes function ARNs apart."""

import re

# Region and account are empty in the ARNs of the core's own functions: arn:aws:lambda:::function:GGRouter.
_FUNCTION_ARN = re.compile(
    r'(?P<unqualified>arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]*):(?P<account>[0-9]*)'
    r':function:(?P<name>[a-zA-Z0-9_-]+))(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?'
)


class FunctionArnFields:
    """The fields of one function ARN; `qualifier` (a version or an alias) is None when the ARN has none."""

    def __init__(self, function_arn_string):
        match = _FUNCTION_ARN.fullmatch(function_arn_string)
        if match is None:
            raise ValueError(
                '{!r} is not a function ARN: expected arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]'
                .format(function_arn_string)
            )
        self.region = match.group('region')
        self.account_id = match.group('account')
        self.name = match.group('name')
        self.qualifier = match.group('qualifier')
        self.unqualified_arn = match.group('unqualified')

    @staticmethod
    def build_function_arn(unqualified_arn, qualifier):
        """Appends the qualifier, if there is one."""
        return '{}:{}'.format(unqualified_arn, qualifier) if qualifier else unqualified_arn

    def to_arn_string(self):
        """The ARN that was taken apart."""
        return self.build_function_arn(self.unqualified_arn, self.qualifier)
