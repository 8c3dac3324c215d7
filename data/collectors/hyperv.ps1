<#
.SYNOPSIS
Reads the security settings of a Hyper-V host, its virtual machines and of Windows itself, and writes them as one JSON document.

.DESCRIPTION
Nothing is changed. Windows PowerShell 5.1 and PowerShell 7 run it; no module is needed beyond those of Windows (Hyper-V where that role is
installed). Run it in an elevated session: without elevation virtual machines, the boot configuration and the TPM cannot be read, and the
document says so. The document holds names, identifiers and settings; no password, no key and nothing of a guest's memory or disks.

.PARAMETER Path
The file that is written, UTF-8. Without it the document goes to standard output.

.EXAMPLE
powershell -NoProfile -ExecutionPolicy Bypass -File .\hyperv.ps1 -Path HV-01.json
#>
[CmdletBinding()]
param([string]$Path)

Set-StrictMode -Off
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$failures = New-Object System.Collections.ArrayList

# One reading. What fails is named in the document, and everything else is read all the same.
function Read-Part([string]$What, [scriptblock]$Reading, [string]$Machine) {
    try { & $Reading }
    catch {
        $failure = [ordered]@{ what = $What; message = [string]$_.Exception.Message; id = [string]$_.FullyQualifiedErrorId }
        if ($Machine) { $failure.vm = $Machine }
        [void]$failures.Add($failure)
    }
}

# The named properties of an object: enumerations, versions and identifiers as text, dates in UTC.
function Select-Part($From, [string[]]$Names) {
    $part = [ordered]@{}
    foreach ($name in $Names) {
        $property = $From.PSObject.Properties[$name]
        if ($null -eq $property) { continue }
        $part[$name] = ConvertTo-Plain $property.Value
    }
    return $part
}

function ConvertTo-Plain($Value) {
    if ($null -eq $Value) { return $null }
    if ($Value -is [bool] -or $Value -is [string]) { return $Value }
    if ($Value -is [enum]) { return $Value.ToString() }
    if ($Value -is [datetime]) { return $Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture) }
    if ($Value -is [valuetype] -and $Value.GetType().IsPrimitive) { return $Value }
    if ($Value -is [System.Collections.IEnumerable]) { return , @($Value | ForEach-Object { ConvertTo-Plain $_ }) }
    return $Value.ToString()
}

function Get-Group([string]$Sid) {
    $group = [ADSI]("WinNT://./" + (New-Object Security.Principal.SecurityIdentifier $Sid).Translate([Security.Principal.NTAccount]).Value.Split('\')[-1] + ",group")
    foreach ($member in @($group.Invoke('Members'))) {
        $bytes = $member.GetType().InvokeMember('objectSid', 'GetProperty', $null, $member, $null)
        [ordered]@{
            SID  = (New-Object Security.Principal.SecurityIdentifier($bytes, 0)).Value
            Name = ($member.GetType().InvokeMember('AdsPath', 'GetProperty', $null, $member, $null) -replace '^WinNT://', '')
        }
    }
}

$identity = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
$elevated = $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)

$document = [ordered]@{
    schema     = 'ringwall.hyperv/1'
    collected  = [datetime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture)
    computer   = [Environment]::MachineName
    elevated   = $elevated
    powershell = $PSVersionTable.PSVersion.ToString()
}

# Windows

$document['Win32_OperatingSystem'] = Read-Part 'Win32_OperatingSystem' {
    Select-Part (Get-CimInstance -ClassName Win32_OperatingSystem) @('Caption', 'Version', 'BuildNumber', 'ProductType')
}
$document['Win32_ComputerSystem'] = Read-Part 'Win32_ComputerSystem' {
    Select-Part (Get-CimInstance -ClassName Win32_ComputerSystem) @('DomainRole', 'PartOfDomain', 'HypervisorPresent', 'Model')
}
$document['Win32_Processor'] = @(Read-Part 'Win32_Processor' {
    foreach ($processor in Get-CimInstance -ClassName Win32_Processor) {
        Select-Part $processor @('Name', 'NumberOfCores', 'NumberOfLogicalProcessors')
    }
})
$document['Win32_DeviceGuard'] = Read-Part 'Win32_DeviceGuard' {
    Select-Part (Get-CimInstance -Namespace 'root\Microsoft\Windows\DeviceGuard' -ClassName Win32_DeviceGuard) @(
        'VirtualizationBasedSecurityStatus', 'SecurityServicesRunning', 'SecurityServicesConfigured', 'AvailableSecurityProperties',
        'RequiredSecurityProperties', 'CodeIntegrityPolicyEnforcementStatus')
}
$document['Confirm-SecureBootUEFI'] = Read-Part 'Confirm-SecureBootUEFI' {
    try { if (Confirm-SecureBootUEFI) { 'on' } else { 'off' } } catch [System.PlatformNotSupportedException] { 'unsupported' }
}
$document['Get-Tpm'] = Read-Part 'Get-Tpm' { Select-Part (Get-Tpm) @('TpmPresent', 'TpmReady', 'TpmEnabled', 'ManufacturerVersion') }

$policy = 'SOFTWARE\Policies\Microsoft\Windows\DeviceGuard'
$deviceGuard = 'SYSTEM\CurrentControlSet\Control\DeviceGuard'
$crash = 'SYSTEM\CurrentControlSet\Control\CrashControl'
$memory = 'SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management'
$values = @(
    @($policy, 'EnableVirtualizationBasedSecurity'), @($policy, 'RequirePlatformSecurityFeatures'),
    @($policy, 'HypervisorEnforcedCodeIntegrity'), @($policy, 'HVCIMATRequired'), @($policy, 'LsaCfgFlags'),
    @($policy, 'ConfigureSystemGuardLaunch'),
    @('SOFTWARE\Policies\Microsoft\Windows\Kernel DMA Protection', 'DeviceEnumerationPolicy'),
    @($deviceGuard, 'EnableVirtualizationBasedSecurity'), @($deviceGuard, 'RequirePlatformSecurityFeatures'), @($deviceGuard, 'Locked'),
    @("$deviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity", 'Enabled'),
    @("$deviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity", 'Locked'), @("$deviceGuard\Scenarios\SystemGuard", 'Enabled'),
    @('SYSTEM\CurrentControlSet\Control\Lsa', 'LsaCfgFlags'), @('SYSTEM\CurrentControlSet\Control\Lsa', 'RunAsPPL'),
    @('SYSTEM\CurrentControlSet\Control\CI\Config', 'VulnerableDriverBlocklistEnable'),
    @($memory, 'FeatureSettingsOverride'), @($memory, 'FeatureSettingsOverrideMask'),
    @($crash, 'DumpEncryptionEnabled'), @("$crash\EncryptionCertificates\Certificate.1", 'PublicKey'),
    @("$crash\EncryptionCertificates\Certificate.1", 'Thumbprint'),
    @('SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization', 'MinVmVersionForCpuBasedMitigations'))
# The view of a 64 bit system, also where a 32 bit PowerShell runs this.
$hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey([Microsoft.Win32.RegistryHive]::LocalMachine, [Microsoft.Win32.RegistryView]::Registry64)
$document['registry'] = @(foreach ($pair in $values) {
    $value = [ordered]@{ key = 'HKLM\' + $pair[0]; name = $pair[1]; state = 'absent' }
    try {
        $key = $hive.OpenSubKey($pair[0], $false)
        if ($null -ne $key) {
            $data = $key.GetValue($pair[1], $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
            if ($null -ne $data) {
                $value.state = 'present'
                $value.type = $key.GetValueKind($pair[1]).ToString()
                $value.data = if ($data -is [byte[]]) { ([BitConverter]::ToString($data) -replace '-', '') } else { $data }
            }
            $key.Close()
        }
    }
    catch { $value.state = 'unreadable'; $value.message = [string]$_.Exception.Message }
    $value
})
$document['bcdedit'] = @(Read-Part 'bcdedit' {
    $lines = @(& "$env:SystemRoot\System32\bcdedit.exe" /enum all 2>&1 | ForEach-Object { [string]$_ })
    if ($LASTEXITCODE -ne 0) { throw ($lines -join ' ') }
    $lines
})
# Credential Guard says at each start of Windows how it was configured: 1 with UEFI lock, 2 without, 0 not at all.
$document['WinInit-14'] = Read-Part 'WinInit-14' {
    try {
        $record = Get-WinEvent -MaxEvents 1 -FilterHashtable @{ LogName = 'System'; ProviderName = 'Microsoft-Windows-Wininit'; Id = 14 }
        [ordered]@{ time = (ConvertTo-Plain $record.TimeCreated); data = @($record.Properties | ForEach-Object { [string]$_.Value }); message = [string]$record.Message }
    }
    catch { if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw }; [ordered]@{ data = @() } }
}
$document['Hyper-V'] = Read-Part 'Hyper-V' {
    if (Get-Command Get-WindowsFeature -ErrorAction SilentlyContinue) { [string](Get-WindowsFeature -Name Hyper-V).InstallState }
    else { [string](Get-WindowsOptionalFeature -Online -FeatureName Microsoft-Hyper-V-All).State }
}

# The host

if (Get-Command Get-VMHost -ErrorAction SilentlyContinue) {
    $vmHost = Read-Part 'Get-VMHost' { Get-VMHost }
    if ($vmHost) {
        $document['Get-VMHost'] = Select-Part $vmHost @(
            'Name', 'FullyQualifiedDomainName', 'VirtualMachinePath', 'VirtualHardDiskPath', 'IovSupport', 'IovSupportReasons',
            'EnableEnhancedSessionMode', 'VirtualMachineMigrationEnabled', 'VirtualMachineMigrationAuthenticationType',
            'VirtualMachineMigrationPerformanceOption', 'UseAnyNetworkForMigration', 'LogicalProcessorCount')
    }
    $document['Get-VMMigrationNetwork'] = @(Read-Part 'Get-VMMigrationNetwork' {
        foreach ($network in Get-VMMigrationNetwork) { Select-Part $network @('Subnet', 'Priority') }
    })
    $document['Get-VMHostSupportedVersion'] = @(Read-Part 'Get-VMHostSupportedVersion' {
        foreach ($version in Get-VMHostSupportedVersion) { Select-Part $version @('Name', 'Version', 'IsDefault') }
    })
    $document['Get-VMReplicationServer'] = Read-Part 'Get-VMReplicationServer' {
        Select-Part (Get-VMReplicationServer) @('ReplicationEnabled', 'AllowedAuthenticationType', 'CertificateThumbprint')
    }
    $document['Get-VMHostAssignableDevice'] = @(Read-Part 'Get-VMHostAssignableDevice' {
        foreach ($device in Get-VMHostAssignableDevice) { Select-Part $device @('InstanceID', 'LocationPath') }
    })
    $document['Get-VMSwitch'] = @(Read-Part 'Get-VMSwitch' {
        foreach ($switch in Get-VMSwitch) { Select-Part $switch @('Id', 'Name', 'SwitchType', 'AllowManagementOS', 'IovEnabled') }
    })
    $document['hypervisorScheduler'] = Read-Part 'hypervisorScheduler' {
        try {
            $record = Get-WinEvent -MaxEvents 1 -FilterHashtable @{ LogName = 'System'; ProviderName = 'Microsoft-Windows-Hyper-V-Hypervisor'; Id = 2 }
            [ordered]@{ time = (ConvertTo-Plain $record.TimeCreated); type = [int]$record.Properties[0].Value }
        }
        catch { if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw }; [ordered]@{ type = $null } }
    }
    $document['hyperVAdministrators'] = @(Read-Part 'hyperVAdministrators' { Get-Group 'S-1-5-32-578' })

    # The machines

    $machines = @(Read-Part 'Get-VM' { Get-VM })
    $document['Get-VM'] = @(foreach ($vm in $machines) {
        Select-Part $vm @('Id', 'Name', 'State', 'Generation', 'Version', 'CheckpointType', 'AutomaticStopAction', 'IsClustered', 'Path',
            'ConfigurationLocation', 'SnapshotFileLocation', 'ReplicationState', 'CreationTime')
    })
    # One reading for each machine; each object that it gives carries the machine's identifier.
    function Read-Each([string]$Cmdlet, [string[]]$Properties, [scriptblock]$Fetch, [scriptblock]$Complete) {
        foreach ($vm in $machines) {
            Read-Part $Cmdlet {
                foreach ($object in @(& $Fetch $vm)) {
                    if ($null -eq $object) { continue }
                    $part = Select-Part $object $Properties
                    $part['VMId'] = [string]$vm.Id
                    if ($Complete) { & $Complete $object $part }
                    $part
                }
            } ([string]$vm.Id)
        }
    }
    $document['Get-VMFirmware'] = @(Read-Each 'Get-VMFirmware' @('SecureBoot', 'SecureBootTemplate', 'SecureBootTemplateId') {
        param($vm) if ($vm.Generation -ge 2) { Get-VMFirmware -VM $vm }
    })
    $document['Get-VMSecurity'] = @(Read-Each 'Get-VMSecurity' @(
            'TpmEnabled', 'KsdEnabled', 'Shielded', 'EncryptStateAndVmMigrationTraffic', 'VirtualizationBasedSecurityOptOut', 'BindToHostTpm') {
        param($vm) Get-VMSecurity -VM $vm
    })
    $document['Get-VMProcessor'] = @(Read-Each 'Get-VMProcessor' @('Count', 'ExposeVirtualizationExtensions', 'HwThreadCountPerCore') {
        param($vm) Get-VMProcessor -VM $vm
    })
    $document['Get-VMNetworkAdapter'] = @(Read-Each 'Get-VMNetworkAdapter' @(
            'Id', 'Name', 'SwitchName', 'IsManagementOs', 'MacAddressSpoofing', 'DhcpGuard', 'RouterGuard', 'PortMirroringMode', 'AllowTeaming',
            'StormLimit', 'IovWeight') { param($vm) Get-VMNetworkAdapter -VM $vm })
    $document['Get-VMNetworkAdapterVlan'] = @(Read-Each 'Get-VMNetworkAdapterVlan' @(
            'OperationMode', 'AccessVlanId', 'NativeVlanId', 'AllowedVlanIdListString', 'PrivateVlanMode', 'PrimaryVlanId') {
        param($vm) foreach ($adapter in Get-VMNetworkAdapter -VM $vm) { Get-VMNetworkAdapterVlan -VMNetworkAdapter $adapter }
    } { param($object, $part) $part['AdapterName'] = [string]$object.ParentAdapter.Name })
    $document['Get-VMIntegrationService'] = @(Read-Each 'Get-VMIntegrationService' @('Id', 'Name', 'Enabled') {
        param($vm) Get-VMIntegrationService -VM $vm
    })
    $document['Get-VMComPort'] = @(Read-Each 'Get-VMComPort' @('Id', 'Name', 'Path', 'DebuggerMode') { param($vm) Get-VMComPort -VM $vm })
    $document['Get-VMAssignableDevice'] = @(Read-Each 'Get-VMAssignableDevice' @('InstanceID', 'LocationPath', 'Name') {
        param($vm) Get-VMAssignableDevice -VM $vm
    })
    $document['Get-VMSnapshot'] = @(Read-Each 'Get-VMSnapshot' @('Id', 'Name', 'SnapshotType', 'CreationTime') { param($vm) Get-VMSnapshot -VM $vm })
    $document['Get-VMHardDiskDrive'] = @(Read-Each 'Get-VMHardDiskDrive' @('Path', 'ControllerType', 'DiskNumber') {
        param($vm) Get-VMHardDiskDrive -VM $vm
    })

    # Where the files lie: encryption of the volumes, and who may reach the two folders.
    $document['Get-BitLockerVolume'] = @(Read-Part 'Get-BitLockerVolume' {
        foreach ($volume in Get-BitLockerVolume) { Select-Part $volume @('MountPoint', 'ProtectionStatus', 'VolumeStatus', 'EncryptionMethod') }
    })
    $document['Get-Acl'] = @(foreach ($folder in @($vmHost.VirtualMachinePath, $vmHost.VirtualHardDiskPath | Select-Object -Unique)) {
        if (-not $folder) { continue }
        Read-Part 'Get-Acl' {
            foreach ($rule in (Get-Acl -LiteralPath $folder).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])) {
                [ordered]@{ Path = $folder; SID = $rule.IdentityReference.Value; Rights = [string]$rule.FileSystemRights; Type = [string]$rule.AccessControlType }
            }
        }
    })
}

$document['errors'] = @($failures)
$json = ConvertTo-Json -InputObject $document -Depth 6
if ($Path) {
    $file = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    [IO.File]::WriteAllText($file, $json, (New-Object Text.UTF8Encoding $false))
    if ($failures.Count) { Write-Warning "$($failures.Count) readings failed; $file names them" }
}
else { $json }
