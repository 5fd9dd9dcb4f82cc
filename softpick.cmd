@echo off
rem The launcher for Windows: does what ./softpick does, with the same messages. It was not tried on Windows by those who
rem wrote it. What cmd cannot do stands below in PowerShell, which every Windows has; its last line is what to run.
setlocal
set "SOFTPICK_FILE=%~f0"
set "SOFTPICK_MODULE=cli"
if "%~1"=="bench" set "SOFTPICK_MODULE=bench"
set "SOFTPICK_RUN="
for /f "usebackq delims=" %%r in (`powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "Invoke-Expression ((Get-Content -Raw -LiteralPath $env:SOFTPICK_FILE) -split '(?m)^#powershell\r?$', 2)[1]" ^<nul`) do set "SOFTPICK_RUN=%%r"
if not defined SOFTPICK_RUN exit /b 1
if "%~1"=="bench" goto bench
%SOFTPICK_RUN% %SOFTPICK_JAVA_OPTS% -jar "%~dp0cli\target\softpick.jar" %*
exit /b %errorlevel%
:bench
set SOFTPICK_ARGUMENTS=%*
set SOFTPICK_ARGUMENTS=%SOFTPICK_ARGUMENTS:*bench=%
%SOFTPICK_RUN% %SOFTPICK_JAVA_OPTS% -jar "%~dp0bench\target\benchmarks.jar" %SOFTPICK_ARGUMENTS%
exit /b %errorlevel%

#powershell
$ErrorActionPreference = 'Stop'
function Say($message) { [Console]::Error.WriteLine("softpick: $message") }
function Fail($message) { Say $message; exit 1 }

$root = Split-Path -Parent $env:SOFTPICK_FILE
$module = $env:SOFTPICK_MODULE
$jar = if ($module -eq 'bench') { "$root\bench\target\benchmarks.jar" } else { "$root\cli\target\softpick.jar" }
if ("$root\" -match '!\\') {
    Fail "the folder $root has a folder that ends in !, which Java and Maven read as a separator: rename it"
}

# The value of a key in the release file of a JDK: no JVM is started to ask.
function Release($jdk, $key) {
    $line = Get-Content -LiteralPath "$jdk\release" | Where-Object { $_ -like "$key=*" } | Select-Object -First 1
    if ($line) { $line.Substring($key.Length + 1).Trim('"') }
}

# Before 25.0.3, G1 may corrupt pinned arrays (JDK-8377811).
function NewEnough($jdk) {
    if (-not $jdk -or -not (Test-Path -LiteralPath "$jdk\bin\javac.exe") -or -not (Test-Path -LiteralPath "$jdk\release")) {
        return $false
    }
    $numbers = [regex]::Match((Release $jdk 'JAVA_VERSION'), '^\d+(\.\d+)*').Value
    if ($numbers -notlike '*.*') { $numbers += '.0' }
    $numbers -and [version]$numbers -ge [version]'25.0.3'
}

function HasVectors($jdk) {
    $modules = Release $jdk 'MODULES'
    -not $modules -or ($modules -split ' ') -contains 'jdk.incubator.vector'
}

$java = Get-Command java.exe -ErrorAction SilentlyContinue | Select-Object -First 1
$folders = @($env:JAVA_HOME) + @(if ($java) { Split-Path -Parent (Split-Path -Parent $java.Path) }) + @(
    "$env:ProgramFiles\Java\*", "$env:ProgramFiles\Eclipse Adoptium\*", "$env:ProgramFiles\Microsoft\jdk*",
    "$env:ProgramFiles\Zulu\*", "$env:ProgramFiles\Amazon Corretto\*", "$env:ProgramFiles\BellSoft\*",
    "$env:USERPROFILE\.jdks\*", "$env:USERPROFILE\scoop\apps\*jdk*\current" |
        ForEach-Object { Get-Item $_ -ErrorAction SilentlyContinue } | ForEach-Object { $_.FullName })
$jdks = @($folders | Where-Object { NewEnough $_ })
$jdk = @($jdks | Where-Object { HasVectors $_ }) + $jdks | Select-Object -First 1
if (-not $jdk) {
    Fail "no JDK 25.0.3 or later; looked at JAVA_HOME ($(if ($env:JAVA_HOME) { $env:JAVA_HOME } else { 'unset' })), java on PATH, and the usual folders (Program Files, .jdks, scoop)"
}
$jdk = (Resolve-Path -LiteralPath $jdk).ProviderPath

# Content counts and not time.
function Hash($bytes) { [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($bytes)) }
function Sources {
    $modules = Get-ChildItem -LiteralPath $root -Directory | ForEach-Object { "$($_.FullName)\pom.xml", "$($_.FullName)\src\main" }
    $parts = @("$root\.mvn", "$root\pom.xml", "$root\models") + @($modules | Where-Object { Test-Path -LiteralPath $_ })
    $lines = Get-ChildItem -LiteralPath $parts -Recurse -File | Sort-Object FullName | ForEach-Object {
        $_.FullName.Substring($root.Length) + ' ' + (Hash ([IO.File]::ReadAllBytes($_.FullName)))
    }
    Hash ([Text.Encoding]::UTF8.GetBytes($lines -join "`n"))
}
function Current {
    (Test-Path -LiteralPath $jar) -and (Test-Path -LiteralPath "$jar.sources") -and
        [IO.File]::ReadAllText("$jar.sources") -eq (Hash ([IO.File]::ReadAllBytes($jar))) + ' of ' + (Sources)
}

# One build at a time: the system gives the lock back when its holder ends.
if (-not (Current)) {
    $mvn = @('mvn.cmd', "$env:MAVEN_HOME\bin\mvn.cmd", "$env:M2_HOME\bin\mvn.cmd" |
        ForEach-Object { Get-Command $_ -ErrorAction SilentlyContinue })[0]
    if (-not $mvn) { Fail "$jar must be built and there is no Maven: no mvn on PATH, in MAVEN_HOME or a usual folder" }
    if (-not (HasVectors $jdk)) { Fail "$jar must be built and the JDK at $jdk has no module jdk.incubator.vector" }
    $said = $false
    while ($true) {
        try { $lock = [IO.File]::Open("$root\.build.lock.windows", 'OpenOrCreate', 'ReadWrite', 'None'); break } catch {
            if (-not (Test-Path -LiteralPath "$root\.build.lock.windows")) { Fail "$jar must be built and $root cannot be written" }
            if (-not $said) { Say "waiting for the build of another process"; $said = $true }
            Start-Sleep 1
        }
    }
    if (-not (Current)) {
        Say "building $module"
        $made = Sources
        $env:JAVA_HOME = $jdk
        Set-Location -LiteralPath $root
        $ErrorActionPreference = 'Continue'
        & $mvn.Path -B -q -pl $module -am package "-Dshaded.jar=$jar.$PID" '-Dmaven.test.skip=true' `
            '-Dmaven.javadoc.skip=true' '-Dmaven.source.skip=true' 2>&1 | ForEach-Object { [Console]::Error.WriteLine("$_") }
        $status = $LASTEXITCODE
        $ErrorActionPreference = 'Stop'
        if ($status -ne 0) { Fail 'the build failed; the lines above say why' }
        if (-not (Test-Path -LiteralPath "$jar.$PID")) { Fail "the build made no $jar.$PID; is mvn at $($mvn.Path) Apache Maven?" }
        try { Move-Item -Force -LiteralPath "$jar.$PID" -Destination $jar } catch { Fail "$jar is in use and cannot be replaced" }
        [IO.File]::WriteAllText("$jar.sources", (Hash ([IO.File]::ReadAllBytes($jar))) + ' of ' + $made)
    }
    $lock.Close()
}
$vectors = if (HasVectors $jdk) { '--add-modules jdk.incubator.vector ' } else { '' }
$tty = if ([Console]::IsErrorRedirected) { 'false' } else { 'true' }
"`"$jdk\bin\java.exe`" $vectors-Dsoftpick.tty=$tty"
