# The parameters in AWS Systems Manager: their names and versions, never their values. Each request is signed
# (Signature Version 4); it says what it wants in a header, and the token of the page in its body.
source "http" "parameters" {
  every   = "5m"
  timeout = "4m"
  url     = "https://ssm.eu-west-1.amazonaws.com/"
  method  = "POST"
  headers = { X-Amz-Target = "AmazonSSM.DescribeParameters", Content-Type = "application/x-amz-json-1.1" }
  body    = { MaxResults = 50, NextToken = page.value }

  auth "aws_sigv4" {
    region     = "eu-west-1"
    service    = "ssm"
    access_key = env("AWS_ACCESS_KEY_ID")
    secret_key = env("AWS_SECRET_ACCESS_KEY")
  }
  page "cursor" {
    value = body.NextToken # there may be one beside a list that is short, or empty
  }
  budget = budget.ssm

  # AWS says that it had enough with a 400, and tells by a name in the body which one.
  response {
    status = [400]
    when   = body.__type == "ThrottlingException"
    action = "retry"
  }

  items = body.Parameters
  key   = item.ARN

  guard {
    max_deletes   = "10%"
    confirm_polls = 2 # what AWS lists is true by and by, not at once
  }

  event "parameter.written" {
    when = change != "deleted"
    data = { name = after.Name, version = after.Version, by = after.LastModifiedUser }
  }
  event "parameter.deleted" {
    when = change == "deleted"
    data = { name = before.Name }
  }
  sinks = [sink.app]
}

# Listing shares a limit with everything else that the account does with parameters.
budget "ssm" {
  rate = "5/s"
}
