// Secrets that lie readable in memory or on a disk. Whoever holds the guest's memory holds them too. Context stays off unless it is asked
// for, so that a report does not spread them further.

rule Private_Key_PEM
{
  meta:
    author = "Ringwall"
    description = "A private key without a passphrase, in the text form of PEM or OpenSSH"
    reference = "https://www.rfc-editor.org/rfc/rfc7468"
    severity = "medium"
    attack = "T1552.004"
    date = "2026-11-26"
  strings:
    // The first bytes of the structure follow the head line: programs that only know the head line do not match.
    $pkcs1 = /-----BEGIN RSA PRIVATE KEY-----\r?\nMII[A-Za-z0-9+\/]{61}\r?\n/
    $pkcs8 = /-----BEGIN PRIVATE KEY-----\r?\nM(II|IGH|IG2|IHu|C4CAQ)[A-Za-z0-9+\/]{58,62}\r?\n/
    $sec1 = /-----BEGIN EC PRIVATE KEY-----\r?\nM(HcC|HgC|IGk|IHc)[A-Za-z0-9+\/]{60}\r?\n/
    // openssh-key-v1, cipher none, key derivation none.
    $openssh = /-----BEGIN OPENSSH PRIVATE KEY-----\r?\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ/
    // Keys that everybody knows: GnuTLS tests itself with them, and they lie in its library and its program.
    $pkcs1_library = "-----BEGIN RSA PRIVATE KEY-----\nMIIEogIBAAKCAQEA6yCv+BLrRP"
    $pkcs1_program = "-----BEGIN RSA PRIVATE KEY-----\nMIIG5gIBAAKCAYEA7MBfiSFhnMr"
    $pkcs8_program = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIOXDJXOU"
    $sec1_library = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIPAKWV7+pZe9c5Eu"
    $sec1_program = "-----BEGIN EC PRIVATE KEY-----\nMHgCAQEEIQDrAKCAbdMKPngH"
  condition:
    $openssh or #pkcs1 > #pkcs1_library + #pkcs1_program or #pkcs8 > #pkcs8_program or #sec1 > #sec1_library + #sec1_program
}

rule AWS_Key
{
  meta:
    author = "Ringwall"
    description = "An access key of Amazon Web Services beside its secret"
    reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"
    severity = "medium"
    attack = "T1552.001"
    date = "2026-11-26"
  strings:
    $configuration = /aws_access_key_id[ ]{0,4}=[ ]{0,4}(AKIA|ASIA)[A-Z2-7]{16}[\r\n]{1,2}aws_secret_access_key[ ]{0,4}=[ ]{0,4}[A-Za-z0-9+\/]{40}/
    $environment = /AWS_SECRET_ACCESS_KEY=[A-Za-z0-9+\/]{40}/ fullword
  condition:
    any of them
}

rule GitHub_Token
{
  meta:
    author = "Ringwall"
    description = "A token of GitHub, by which whoever holds it acts for a user or an application"
    reference = "https://github.blog/engineering/behind-githubs-new-authentication-token-formats/"
    severity = "medium"
    attack = "T1552.001"
    date = "2026-11-26"
  strings:
    $token = /gh[pousr]_[A-Za-z0-9]{36}/ fullword
    $fine = /github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}/ fullword
  condition:
    any of them
}

rule Google_Service_Account
{
  meta:
    author = "Ringwall"
    description = "The key file of a service account of Google Cloud"
    reference = "https://cloud.google.com/iam/docs/keys-create-delete"
    severity = "medium"
    attack = "T1552.001"
    date = "2026-11-26"
  strings:
    $key = /"private_key": ?"-----BEGIN PRIVATE KEY-----\\nM[CGI][A-Za-z0-9+\/]{62}/
    $identifier = /"private_key_id": ?"[0-9a-f]{40}"/
  condition:
    any of them
}
